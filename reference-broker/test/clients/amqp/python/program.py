"""What the Python programs share: arguments, one JSON line per case, waiting."""
import json
import sys
import time
import traceback

HOST, PORT, TLS_PORT, AUTHORITY, PREFIX = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]

SETTLE_S = 0.5
POLL_S = 0.02
POLL_LIMIT_S = 10


def show(line):
    print(json.dumps(line, default=str), flush=True)


def run_cases(client, version, cases):
    show({"client": client, "version": version})
    for name, run in cases.items():
        try:
            show({"case": name, "facts": run(f"{PREFIX}.{name}")})
        except Exception:
            show({"case": name, "error": traceback.format_exc()})


def eventually(read):
    """The first value that is not None."""
    deadline = time.monotonic() + POLL_LIMIT_S
    while time.monotonic() < deadline:
        value = read()
        if value is not None:
            return value
        time.sleep(POLL_S)
    raise TimeoutError("nothing came")


def patterned(size):
    return bytes(i % 251 for i in range(size))


def headers():
    return {
        "text": "é",
        "int": 42,
        "negative": -7,
        "long": 1_099_511_627_776,
        "double": 1.5,
        "yes": True,
        "no": False,
        "nothing": None,
        "nested": {"a": {"b": "c"}},
        "list": ["x", 1, True],
    }


def deaths_of(table):
    return {
        "kept": table.get("kept"),
        "deaths": [
            {
                "queue": death["queue"],
                "reason": death["reason"],
                "exchange": death["exchange"],
                "routingKeys": death["routing-keys"],
                "count": death["count"],
            }
            for death in table["x-death"]
        ],
        "first": {
            "queue": table.get("x-first-death-queue"),
            "reason": table.get("x-first-death-reason"),
            "exchange": table.get("x-first-death-exchange"),
        },
    }
