import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { commandTarget, filled } from "../../../src/gate/sides/command-target.ts";
import { findFreePorts } from "../../../src/targets/free-port.ts";

const CHECKOUT = fileURLToPath(new URL("../../../../", import.meta.url));
const BROKER = `"${process.execPath}" reference-broker/src/main.ts --host 127.0.0.1 --data-dir {directory} --amqp-port off`;

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
});
after(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function start(command: string) {
  const own = await mkdtemp(join(directory, "slot-"));
  const [port = 0] = await findFreePorts(1);
  const { signal } = new AbortController();
  const options = { directory: own, protocol: "kafka", durability: "os", options: {}, signal, port } as const;
  const starting = commandTarget(command, CHECKOUT).start({ ...options, environment: { PADDING: "xyz" } });
  return { own, port, starting };
}

/** Processes that still have the directory of a start in their environment. */
function livingIn(own: string): string[] {
  if (!existsSync("/proc/self/environ")) return [];
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, "latin1").includes(own);
    } catch {
      return false;
    }
  });
}

test("a command runs where it was typed, on the port it is told, and leaves no process", async () => {
  const { own, port, starting } = await start(`${BROKER} --port {port}`);
  {
    await using running = await starting;
    assert.equal(running.endpoint.port, port);
    assert.equal(typeof running.pid, "number");
    assert.ok(existsSync(join(own, "data")));
    const environments = livingIn(own).map((pid) => readFileSync(`/proc/${pid}/environ`, "latin1"));
    for (const environment of environments) {
      assert.match(environment, /PADDING=xyz\0/);
      assert.ok(environment.includes(`BROKERMARK_PORT=${port}\0`));
      assert.ok(environment.includes("BROKERMARK_PROTOCOL=kafka\0"));
      assert.ok(environment.includes("BROKERMARK_DURABILITY=os\0"));
    }
  }
  assert.deepEqual(livingIn(own), []);
});

test("what makes itself a daemon is found and ended", {
  skip: !existsSync("/usr/bin/setsid") && "no setsid",
}, async () => {
  const { own, starting } = await start(`setsid ${BROKER} --port "$BROKERMARK_PORT" & exec sleep 600`);
  await (await starting)[Symbol.asyncDispose]();
  assert.deepEqual(livingIn(own), []);
});

test("a command that ends says so, with what it printed", async () => {
  const { own, starting } = await start("echo no such luck >&2; exit 3");
  await assert.rejects(starting, {
    code: "TARGET_START_FAILED",
    message: /ended while starting \(exit code 3\)[\s\S]*no such luck/,
    hint: /asked for kafka.*--scenario/,
  });
  assert.deepEqual(livingIn(own), []);
});

test("only known braces are filled", () => {
  const values = { port: "1", directory: "/d", protocol: "amqp" };
  assert.equal(
    filled("{port} {directory} {protocol} {other} $PORT {a,b}", values),
    "1 /d amqp {other} $PORT {a,b}",
  );
});
