/** kcat (librdkafka), each call a process of its own. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Codec, Message, ReadMessage } from "./message.ts";

const LIMIT_MS = 60_000;

/** Null when kcat runs; otherwise the reason. */
export function kcatUnavailable(): string | null {
  return spawnSync("kcat", ["-V"]).status === 0 ? null : "no `kcat` on the path";
}

export function kcatVersion(): string {
  return (
    /Version (\S+).*librdkafka (\S+)/.exec(spawnSync("kcat", ["-V"]).stdout.toString())?.[0] ?? "unknown"
  );
}

export function runKcat(args: readonly string[], input?: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn("kcat", [...args], { stdio: ["pipe", "pipe", "pipe"] });
    const output: Buffer[] = [];
    let errors = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString("utf8");
    });
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(Buffer.concat(output));
      else reject(new Error(`kcat ${args.join(" ")} ended with ${code}\n${errors}`));
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/**
 * What kcat can say: one set of headers per call, text keys without tabs, no timestamps. Values that are text lines
 * go through stdin and may be null or empty; others go through one file each and share the first one's key.
 */
export async function kcatProduce(
  bootstrap: string,
  topic: string,
  partition: number,
  messages: readonly Message[],
  { codec = "none" as Codec, settings = [] as readonly string[] } = {},
): Promise<void> {
  const [first] = messages;
  if (first === undefined) return;
  const headers = first.headers.flatMap(([name, value]) => [
    "-H",
    value === null ? name : `${name}=${value.toString("utf8")}`,
  ]);
  const limits = ["message.max.bytes=1048588", "batch.size=1048588", "linger.ms=50", ...settings];
  const options = limits.flatMap((setting) => ["-X", setting]);
  const common = ["-P", "-b", bootstrap, "-t", topic, "-p", String(partition), "-z", codec];
  const args = [...common, ...options, ...headers];
  if (messages.every(({ value }) => value === null || !value.some((byte) => byte < 0x20))) {
    await runKcat([...args, ...lineOptions(first)], linesOf(messages));
  } else {
    await produceFiles(first.key === null ? args : [...args, "-k", first.key.toString("utf8")], messages);
  }
}

/** -Z makes empty mean null, for key and value alike. */
function lineOptions(first: Message): string[] {
  const nulls = first.value === null ? ["-Z"] : [];
  return first.key === null && first.value !== null ? nulls : ["-K", "\t", ...nulls];
}

function linesOf(messages: readonly Message[]): Buffer {
  const keyed = messages[0]!.key !== null || messages[0]!.value === null;
  const line = ({ key, value }: Message) =>
    `${keyed ? `${key?.toString("latin1") ?? ""}\t` : ""}${value?.toString("latin1") ?? ""}\n`;
  return Buffer.from(messages.map(line).join(""), "latin1");
}

async function produceFiles(args: readonly string[], messages: readonly Message[]): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "brokermark-kcat-"));
  try {
    const files = messages.map((_, at) => path.join(folder, String(at)));
    await Promise.all(files.map((file, at) => writeFile(file, messages[at]!.value ?? "")));
    await runKcat([...args, ...files]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface KcatRecord {
  readonly offset: number;
  readonly ts: number;
  readonly key: string | null;
  readonly payload: string | null;
  readonly headers?: readonly (string | null)[];
}

/** From `from` to the log end, or `max` messages, with CRCs checked. */
export async function kcatConsume(
  bootstrap: string,
  topic: string,
  partition: number,
  from: number,
  max?: number,
): Promise<ReadMessage[]> {
  const common = ["-C", "-q", "-J", "-e", "-b", bootstrap, "-t", topic, "-p", String(partition)];
  const limit = max === undefined ? [] : ["-c", String(max)];
  const output = await runKcat([...common, "-o", String(from), "-X", "check.crcs=true", ...limit]);
  // kcat writes bytes above 0x7f unescaped, so that one character per byte gives the bytes back.
  const lines = output.toString("latin1").split("\n").filter(Boolean);
  return lines.map((line) => readMessage(JSON.parse(line) as KcatRecord));
}

function readMessage(record: KcatRecord): ReadMessage {
  const bytes = (text: string | null) => (text === null ? null : Buffer.from(text, "latin1"));
  const flat = record.headers ?? [];
  const headers = Array.from({ length: flat.length / 2 }, (_, at) => {
    const name = Buffer.from(flat[2 * at]!, "latin1").toString("utf8");
    return [name, bytes(flat[2 * at + 1] ?? null)] as const;
  });
  return {
    ...{ offset: record.offset, timestampMs: record.ts, headers },
    ...{ key: bytes(record.key), value: bytes(record.payload) },
  };
}
