/** A broker started by a shell command: `cmd:'…'`. */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HarnessError } from "../../errors.ts";
import { askBroker } from "../../targets/external.ts";
import { findFreePorts } from "../../targets/free-port.ts";
import { startProcess } from "../../targets/process.ts";
import { duringStart, waitForMessage } from "../../targets/started-broker.ts";
import type { Protocol, RunningTarget, StartOptions, Target } from "../../targets/target.ts";

const HOST = "127.0.0.1";
const START_TIMEOUT_MS = 90_000;
const STOP_GRACE_MS = 30_000;
/** A killed process gives back its memory before it is gone. */
const LOOK_MS = 5;
const MAX_LOOKS = 2_000;

/** Runs in `workingDirectory`; its errors go to the log, whose last lines a failed start shows. */
export function commandTarget(command: string, workingDirectory: string): Target {
  return {
    name: "external",
    protocols: ["kafka", "amqp"],
    describe: async () => ({
      name: "external",
      summary: `started by: ${command}`,
      installed: true,
      version: null,
      howToInstall: null,
    }),
    start: (options) => start(command, workingDirectory, options),
  };
}

async function start(
  command: string,
  workingDirectory: string,
  options: StartOptions,
): Promise<RunningTarget> {
  const { directory, protocol, signal } = options;
  signal.throwIfAborted();
  const port = options.port ?? (await findFreePorts(1, HOST))[0] ?? 0;
  const data = join(directory, "data");
  await mkdir(data, { recursive: true });
  const began = performance.now();
  const broker = await startProcess({
    label: "cmd",
    command: "/bin/sh",
    // `startProcess` keeps the log in its working directory, and a command is written for where it was typed.
    args: [
      "-c",
      `cd -- "$0" || exit 1\n${filled(command, { port: String(port), directory: data, protocol })}`,
      workingDirectory,
    ],
    directory,
    env: { ...process.env, ...options.environment, ...told(options, port, data) },
    announces: false,
    graceMs: STOP_GRACE_MS,
  });
  const endpoint = { host: HOST, port };
  const stopped = async (): Promise<void> => {
    await broker[Symbol.asyncDispose]();
    await killStarted(data);
  };
  try {
    return await duringStart(broker, "cmd", signal, async (combined) => {
      await waitForMessage(protocol, endpoint, combined, START_TIMEOUT_MS);
      const startupMs = performance.now() - began;
      return {
        name: "external",
        endpoint,
        ...(await askBroker(protocol, endpoint, combined)),
        // What runs there is not known, so it is given the longest warm-up.
        warmup: "jvm",
        notes: ["started by a command: what it configures is not known"],
        pid: broker.pid,
        startupMs,
        died: broker.died,
        restart: null,
        [Symbol.asyncDispose]: stopped,
      };
    });
  } catch (error) {
    await killStarted(data);
    throw withProtocolHint(error, protocol);
  }
}

/** What a command serves is not known before it is asked, and default scenarios ask for both protocols. */
function withProtocolHint(error: unknown, protocol: Protocol): unknown {
  if (!(error instanceof HarnessError) || error.hint !== undefined) return error;
  return new HarnessError(error.code, error.message, {
    cause: error,
    hint: `it was asked for ${protocol}; where the command serves another protocol, choose its scenarios: --scenario`,
  });
}

/** Text with `{port}`, `{directory}` and `{protocol}` in their places; other braces are the shell's. */
export function filled(command: string, values: Readonly<Record<string, string>>): string {
  return command.replace(/\{(port|directory|protocol)\}/g, (_, name: string) => values[name] ?? "");
}

const MARK = "BROKERMARK_DIRECTORY";

function told({ protocol, durability }: StartOptions, port: number, data: string): Record<string, string> {
  return {
    BROKERMARK_PORT: String(port),
    [MARK]: data,
    BROKERMARK_PROTOCOL: protocol,
    ...(durability === null ? {} : { BROKERMARK_DURABILITY: durability }),
  };
}

/**
 * Ends what left the process group (a daemon): it still has this start's directory in its environment. Returns when
 * nothing of it is left. Linux only.
 */
async function killStarted(data: string): Promise<void> {
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const pids = await startedIn(data);
    if (pids.length === 0) return;
    for (const pid of pids) killOne(pid);
    await sleep(LOOK_MS);
  }
}

/** One that has ended and was not waited for has no environment any more. */
async function startedIn(data: string): Promise<number[]> {
  const mark = `\0${MARK}=${data}\0`;
  const pids: number[] = [];
  for (const name of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await readFile(`/proc/${name}/environ`, "latin1").catch(() => "");
    if (`\0${environment}\0`.includes(mark)) pids.push(Number(name));
  }
  return pids;
}

function killOne(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
