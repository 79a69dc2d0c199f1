/**
 * Starts a broker as users start it (a process with a port) and stops it by its pid: the reference broker, or a
 * real Apache Kafka as the control that says whether a suite's expectation is Kafka's own behaviour.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { prepareKafka } from "./kafka-install.ts";
import { canConnect, freePort } from "./ports.ts";

export type TargetName = "reference" | "kafka";
export type Durability = "none" | "os" | "fsync";

export interface BrokerOptions {
  readonly target: TargetName;
  /** Kept by the caller; a fresh one is made, and removed by `discard`, when absent. */
  readonly dataDir?: string;
  /** Default 0: any free port. A restart gives the former one. */
  readonly port?: number;
  /** Reference broker only; Kafka has one class, `os`. */
  readonly durability?: Durability;
  readonly settings?: Readonly<Record<string, string>>;
  /** Further options of the reference broker. */
  readonly args?: readonly string[];
  /** Entry of the reference broker; default its TypeScript source. */
  readonly entry?: string;
}

export interface AmqpPorts {
  readonly port: number;
  /** null without --amqp-tls-port. */
  readonly tlsPort: number | null;
}

export interface BrokerProcess {
  readonly target: TargetName;
  readonly host: string;
  readonly port: number;
  readonly bootstrap: string;
  readonly pid: number;
  readonly dataDir: string;
  /** Where the reference broker listens for AMQP. */
  readonly amqp: Promise<AmqpPorts>;
  /** Port of HTTP, with --http-port among the arguments. */
  readonly http: Promise<number>;
  /** Milliseconds from spawn until it listens. */
  readonly startupMs: number;
  readonly exited: () => boolean;
  /** Last lines the process wrote to stderr (Kafka: stdout), for failure messages. */
  readonly log: () => string;
  /** SIGKILL, resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM, resolves with the exit code (null: ended by a signal). */
  stop(): Promise<number | null>;
  /** Stops it if it runs and removes a data directory made here. */
  discard(): Promise<void>;
}

const SOURCE_ENTRY = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const HOST = "127.0.0.1";
const STARTUP_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;
const LOG_LIMIT_CHARS = 16_384;

/** The target named by BROKERMARK_TEST_TARGET; the reference broker when unset. */
export function targetFromEnvironment(): TargetName {
  const name = process.env.BROKERMARK_TEST_TARGET ?? "reference";
  if (name !== "reference" && name !== "kafka") {
    throw new Error(`BROKERMARK_TEST_TARGET is "${name}"; it must be reference or kafka`);
  }
  return name;
}

/** The class named by BROKERMARK_TEST_DURABILITY; `os`, the broker's default, when unset. Kafka's is always `os`. */
export function durabilityFromEnvironment(): Durability {
  const name = process.env.BROKERMARK_TEST_DURABILITY ?? "os";
  if (name !== "none" && name !== "os" && name !== "fsync") {
    throw new Error(`BROKERMARK_TEST_DURABILITY is "${name}"; it must be none, os or fsync`);
  }
  return name;
}

export async function startBroker(options: BrokerOptions): Promise<BrokerProcess> {
  const ownsDataDir = options.dataDir === undefined;
  const dataDir = options.dataDir ?? (await mkdtemp(path.join(tmpdir(), "brokermark-broker-")));
  const running =
    options.target === "kafka" ? startKafka(options, dataDir) : startReference(options, dataDir);
  try {
    return await running.then((started) => handleOf(options.target, dataDir, ownsDataDir, started));
  } catch (error) {
    if (ownsDataDir) await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  readonly amqp: Promise<AmqpPorts>;
  readonly http: Promise<number>;
  readonly startupMs: number;
  readonly log: () => string;
}

async function startReference(options: BrokerOptions, dataDir: string): Promise<Started> {
  const settings = Object.entries(options.settings ?? {}).flatMap(([key, value]) => [
    "--set",
    `${key}=${value}`,
  ]);
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...["--single-threaded-gc", options.entry ?? SOURCE_ENTRY],
      ...["--data-dir", dataDir, "--host", HOST, "--port", String(options.port ?? 0), "--amqp-port", "0"],
      ...["--durability", options.durability ?? durabilityFromEnvironment(), ...settings],
      ...(options.args ?? []),
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  endWithUs(child);
  const log = keepTail(child);
  const startup = listening(child, log);
  const amqp = startup("amqp").then(({ port, tlsPort = null }) => ({ port, tlsPort }));
  amqp.catch(() => {});
  const http = startup("http").then(({ port }) => port);
  http.catch(() => {});
  const { port } = await startup("kafka").catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  return { child, port, amqp, http, startupMs: performance.now() - startedAt, log };
}

interface ListeningEvent {
  readonly event: string;
  readonly protocol: string;
  readonly port: number;
  readonly tlsPort?: number | null;
}

/** Waits for the line in which the broker says where it listens for a protocol. */
function listening(child: ChildProcess, log: () => string): (protocol: string) => Promise<ListeningEvent> {
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  return (protocol) =>
    new Promise((resolve, reject) => {
      const look = () => {
        for (const line of text.split("\n").slice(0, -1)) {
          const event = parseEvent(line);
          if (event?.event === "listening" && event.protocol === protocol) resolve(event);
        }
      };
      child.stdout?.on("data", look);
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`broker ended with ${code} before listening\n${log()}`)));
      setTimeout(() => reject(new Error(`broker does not listen\n${log()}`)), STARTUP_LIMIT_MS).unref();
    });
}

function parseEvent(line: string): ListeningEvent | null {
  try {
    return JSON.parse(line) as ListeningEvent;
  } catch {
    return null;
  }
}

async function startKafka(options: BrokerOptions, dataDir: string): Promise<Started> {
  const port = options.port || (await freePort());
  const command = await prepareKafka(dataDir, HOST, port, await freePort(), options.settings ?? {});
  const startedAt = performance.now();
  const child = spawn(command.file, command.args, { stdio: ["ignore", "pipe", "pipe"] });
  endWithUs(child);
  const log = keepTail(child);
  while (!(await canConnect(HOST, port))) {
    if (child.exitCode !== null || performance.now() - startedAt > STARTUP_LIMIT_MS) {
      child.kill("SIGKILL");
      throw new Error(`Kafka did not start\n${log()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const amqp = Promise.reject(new Error("Apache Kafka does not speak AMQP"));
  const http = Promise.reject(new Error("Apache Kafka does not speak HTTP"));
  for (const none of [amqp, http]) none.catch(() => {});
  return { child, port, amqp, http, startupMs: performance.now() - startedAt, log };
}

const running = new Set<ChildProcess>();
let handlersInstalled = false;

/** A test that is itself interrupted leaves no broker behind. */
function endWithUs(child: ChildProcess): void {
  if (!handlersInstalled) {
    handlersInstalled = true;
    for (const [signal, exitCode] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      process.once(signal, () => process.exit(exitCode));
    }
    process.once("exit", () => {
      for (const one of running) one.kill("SIGKILL");
    });
  }
  running.add(child);
  child.once("exit", () => running.delete(child));
}

function handleOf(
  target: TargetName,
  dataDir: string,
  ownsDataDir: boolean,
  { child, port, amqp, http, startupMs, log }: Started,
): BrokerProcess {
  const exited = () => child.exitCode !== null || child.signalCode !== null;
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<number | null> => {
    if (!exited()) {
      const gone = once(child, "exit");
      child.kill(signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
      await gone;
      clearTimeout(timer);
    }
    return child.exitCode;
  };
  return {
    ...{ target, host: HOST, port, bootstrap: `${HOST}:${port}`, pid: child.pid!, dataDir },
    ...{ amqp, http, startupMs, exited, log },
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
    discard: async () => {
      await end("SIGTERM");
      if (ownsDataDir) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function keepTail(child: ChildProcess): () => string {
  let tail = "";
  const keep = (chunk: Buffer) => {
    tail = (tail + chunk.toString("utf8")).slice(-LOG_LIMIT_CHARS);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return () => tail;
}

export interface ProcessCost {
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  /** User plus system time since start. */
  readonly cpuMs: number;
}

/** From /proc, so null where there is none. Clock ticks are 10 ms on Linux (USER_HZ). */
export function readProcessCost(pid: number): ProcessCost | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const kibibytes = (name: string) =>
      Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN);
    return {
      rssBytes: kibibytes("VmRSS") * 1024,
      peakRssBytes: kibibytes("VmHWM") * 1024,
      cpuMs: (Number(fields[11]) + Number(fields[12])) * 10,
    };
  } catch {
    return null;
  }
}
