/** A start while the disk refuses: it works, or it ends with the reason. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const CANNOT_RUN = 5;
const LIMIT_MS = 20_000;

/** Further arguments, and another entry than the broker's own. */
export interface StartArguments {
  readonly entry?: string;
  readonly args?: readonly string[];
}

/** Resolves with what it said and the exit code; null: it listened, and was killed. */
export async function tryStart(
  dataDir: string,
  { entry = ENTRY, args = [] }: StartArguments = {},
): Promise<{ exitCode: number | null; text: string }> {
  const child = spawn(
    process.execPath,
    [
      ...[entry, "--data-dir", dataDir, "--host", "127.0.0.1", "--port", "0", "--amqp-port", "0"],
      ...["--set", "segment.bytes=1048576", ...args],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let text = "";
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
  const note = (chunk: Buffer) => {
    text += chunk.toString("utf8");
    if (text.includes('"protocol":"amqp"')) child.kill("SIGKILL");
  };
  child.stdout.on("data", note);
  child.stderr.on("data", note);
  const [exitCode] = (await once(child, "close")) as [number | null];
  clearTimeout(timer);
  return { exitCode, text };
}

/** `mayStart`: some faults leave enough for a start. */
export async function assertStartIsRefused(
  dataDir: string,
  reason: RegExp,
  mayStart: boolean,
  start: StartArguments = {},
): Promise<void> {
  const { exitCode, text } = await tryStart(dataDir, start);
  if (mayStart && exitCode === null) return;
  assert.equal(exitCode, CANNOT_RUN, text);
  assert.match(text, reason);
}
