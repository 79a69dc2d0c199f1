/** What the programs of the Node clients share: arguments, one JSON line per case, waiting. */
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

const [host = "", port = "", tlsPort = "", authorityFile = "", prefix = ""] = process.argv.slice(2);

export const broker = {
  host,
  port: Number(port),
  tlsPort: Number(tlsPort),
  authority: () => readFileSync(authorityFile),
};

const POLL_MS = 20;
const POLL_LIMIT_MS = 10_000;
export const SETTLE_MS = 500;

/** Runs the cases one after another; each gets its prefix and returns its facts. */
export async function runCases(
  client: string,
  cases: Readonly<Record<string, (name: string) => Promise<unknown>>>,
): Promise<void> {
  const { version } = JSON.parse(readFileSync(findPackageJSON(client, import.meta.url)!, "utf8"));
  print({ client, version });
  for (const [name, run] of Object.entries(cases)) {
    try {
      print({ case: name, facts: await run(`${prefix}.${name}`) });
    } catch (error) {
      print({ case: name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The first value that is neither null nor undefined. */
export async function eventually<T>(read: () => Promise<T | null | undefined>): Promise<T> {
  const deadline = performance.now() + POLL_LIMIT_MS;
  for (;;) {
    const value = await read();
    if (value !== null && value !== undefined) return value;
    if (performance.now() > deadline) throw new Error("nothing came");
    await sleep(POLL_MS);
  }
}

export const patterned = (bytes: number): Buffer =>
  Buffer.from(Array.from({ length: bytes }, (_, i) => i % 251));

/** `refused` when the TLS connection fails for the certificate. */
export async function refusal(connecting: Promise<unknown>): Promise<string> {
  try {
    await connecting;
    return "accepted";
  } catch (error) {
    return /certificate|self.signed|issuer/i.test(String(error)) ? "refused" : `other: ${error}`;
  }
}

/** An entry of x-death. */
export interface Death {
  readonly queue: string;
  readonly reason: string;
  readonly exchange: string;
  readonly "routing-keys": readonly string[];
  readonly count: number;
  readonly "original-expiration"?: string;
}

export const headers = {
  text: "é",
  int: 42,
  negative: -7,
  long: 1_099_511_627_776,
  double: 1.5,
  yes: true,
  no: false,
  nothing: null,
  nested: { a: { b: "c" } },
  list: ["x", 1, true],
};

/** All properties but headers, with the names that most clients give them. */
export const properties = {
  contentType: "text/plain",
  contentEncoding: "identity",
  priority: 5,
  correlationId: "correlation",
  replyTo: "reply",
  expiration: "60000",
  messageId: "id",
  timestamp: 1_700_000_000,
  type: "kind",
  userId: "guest",
  appId: "app",
};
