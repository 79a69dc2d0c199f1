/** The bundled reference broker, as a process of its own like every other target. */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { readBrokerFacts } from "./broker-facts.ts";
import { findFreePorts } from "./free-port.ts";
import { startProcess } from "./process.ts";
import { RestartableBroker } from "./restartable-broker.ts";
import { announcedEndpoint, duringStart, waitForMessage } from "./started-broker.ts";
import type { Protocol, RunningTarget, StartOptions, Target } from "./target.ts";

const CHECKOUT = "../../../reference-broker/src/main.ts";
const MODULES = "../../../reference-broker/src/main.js";
/** Its start takes a quarter less than that of its modules one by one; mutants and injectors need the modules. */
const BUNDLE = "../../../broker/main.js";

function entry(args: readonly string[]): string {
  const altered = args.some((arg) => /^--(mutant|inject)\b/.test(arg));
  const path = extname(import.meta.url) === ".ts" ? CHECKOUT : altered ? MODULES : BUNDLE;
  return fileURLToPath(new URL(path, import.meta.url));
}

/**
 * The collector's helper threads would take the second core away from whom the broker serves: produce p99 was 13 to 190 ms with
 * them and 3 ms without, at equal throughput. The young generation of 48 MiB, as Node is shipped, would hold garbage only.
 */
const NODE_FLAGS = ["--single-threaded-gc", "--max-semi-space-size=4"];

/** Arguments of Node that run the broker with these of its own. */
export function referenceBrokerCommand(args: readonly string[], main = entry(args)): readonly string[] {
  return [...NODE_FLAGS, main, ...args];
}

const START_TIMEOUT_MS = 30_000;

const NOTES: Readonly<Record<Protocol, readonly string[]>> = {
  kafka: [
    "the reference broker checks the CRC of a batch and stores it as it came (uncompressed: that record lengths add up); Apache Kafka also decompresses a compressed batch and validates every record",
  ],
  amqp: [],
};

interface Announcement {
  readonly protocol?: unknown;
  readonly version?: unknown;
  readonly durability?: unknown;
}

export const reference: Target = referenceFrom(undefined);

/** `main`: the module that starts it, e.g. of another commit; undefined: the one that comes with this harness. */
export function referenceFrom(main: string | undefined): Target {
  return {
    name: "reference",
    protocols: ["kafka", "amqp"],
    describe: async () => ({
      name: "reference",
      summary: "the bundled reference broker",
      installed: true,
      version: null,
      howToInstall: null,
    }),
    start: (options) => start(options, main),
  };
}

/** Options go to the broker as `--set key=value`, but for those that are flags. */
async function start(start: StartOptions, main: string | undefined): Promise<RunningTarget> {
  const { directory, protocol, signal } = start;
  signal.throwIfAborted();
  const began = performance.now();
  const spawn = (ports: Ports) =>
    startProcess({
      label: "reference",
      command: process.execPath,
      args: referenceBrokerCommand(brokerArguments(start, ports), main),
      directory,
      env: { ...process.env, ...start.environment },
      announces: true,
    });
  const drawn = await findPorts();
  const ports = { ...drawn, [protocol]: start.port ?? drawn[protocol] };
  const broker = await spawn(ports);
  return await duringStart(broker, "reference", signal, async (combined) => {
    const line = await broker.announced(speaks("kafka"));
    const kafkaEndpoint = announcedEndpoint("reference", broker.logFile, line);
    const listensFor = async (name: Announced) =>
      announcedEndpoint("reference", broker.logFile, await broker.announced(speaks(name)));
    const spoken = protocol === "kafka" ? kafkaEndpoint : await listensFor(protocol);
    const http = start.http === true ? await listensFor("http") : null;
    const endpoint = http === null ? spoken : { ...spoken, http: { ...http, metricsPort: http.port } };
    await waitForMessage(protocol, endpoint, combined, START_TIMEOUT_MS);
    const startupMs = performance.now() - began;
    const facts = await readBrokerFacts(kafkaEndpoint, combined);
    const restart = new RestartableBroker({
      label: "reference",
      first: broker,
      spawn: () => spawn(ports),
    });
    const { version, durability: announced } = line as Announcement;
    return {
      name: "reference",
      endpoint,
      version: typeof version === "string" ? version : "unknown",
      durability: isDurability(announced) ? announced : null,
      durabilityEvidence: `announced by the running broker: durability=${String(announced)}`,
      warmup: "node",
      configuration: facts.configuration ?? {},
      notes: NOTES[protocol],
      pid: broker.pid,
      startupMs,
      died: broker.died,
      restart,
      [Symbol.asyncDispose]: () => restart[Symbol.asyncDispose](),
    };
  });
}

/** Options that are flags of the broker; the others are defaults of topics. */
const FLAGS: readonly string[] = [
  ...["mutant", "inject", "load-definitions", "memory-limit-bytes", "max-connections"],
];

type Announced = Protocol | "http";

/** It prints a line for each protocol it listens for. */
function speaks(name: Announced): (line: object) => boolean {
  return (line) => (line as Announcement).protocol === name;
}

interface Ports {
  readonly kafka: number;
  readonly amqp: number;
  readonly http: number;
}

/** The same in every life, so that clients find it again. */
async function findPorts(): Promise<Ports> {
  const [kafka = 0, amqp = 0, http = 0] = await findFreePorts(3);
  return { kafka, amqp, http };
}

function brokerArguments(
  { directory, protocol, http, durability, options }: StartOptions,
  ports: Ports,
): string[] {
  const own = [
    ...["--data-dir", `${directory}/data`],
    ...["--host", "127.0.0.1", "--port", String(ports.kafka)],
    ...["--amqp-port", protocol === "amqp" ? String(ports.amqp) : "off"],
    ...(http === true ? ["--http-port", String(ports.http)] : []),
    ...["--durability", durability ?? "os"],
  ];
  const flags = FLAGS.flatMap((name) => (options[name] === undefined ? [] : [`--${name}`, options[name]]));
  const settings = Object.entries(options).filter(([name]) => !FLAGS.includes(name));
  const set = settings.flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  return [...own, ...flags, ...set];
}

function isDurability(value: unknown): value is "none" | "os" | "fsync" {
  return value === "none" || value === "os" || value === "fsync";
}
