/** A real Apache Kafka, one node in KRaft mode (broker and controller in one process). */
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { HarnessError } from "../../errors.ts";
import { readBrokerFacts } from "../broker-facts.ts";
import { findFreePorts } from "../free-port.ts";
import { type BrokerProcess, describeExit, startError, startProcess } from "../process.ts";
import { RestartableBroker } from "../restartable-broker.ts";
import { duringStart, waitForMessage } from "../started-broker.ts";
import type { RunningTarget, StartOptions, Target, TargetDescription } from "../target.ts";
import {
  durabilityOf,
  formatProperties,
  HOST,
  JVM_ARGUMENTS,
  LOG4J2_YAML,
  randomClusterId,
  serverProperties,
} from "./configuration.ts";
import { findJava } from "./java.ts";
import { findKafkaLibraries, HOW_TO_INSTALL } from "./libraries.ts";

const START_TIMEOUT_MS = 90_000;
const STOP_GRACE_MS = 30_000;

const NOTES = [
  "Apache Kafka decompresses a compressed batch and validates every record; the reference broker checks the CRC of a batch (uncompressed: that record lengths add up) and stores it as it came",
  "Apache Kafka never confirms before the page cache has the message: asked for class none, it runs as os",
];

export const kafka: Target = kafkaOfVersion(null);

/** `null`: what KAFKA_HOME has, else the version that is installed by default. */
export function kafkaOfVersion(version: string | null): Target {
  return { name: "kafka", protocols: ["kafka"], describe, start: (options) => start(options, version) };
}

async function describe(): Promise<TargetDescription> {
  const summary = "Apache Kafka, one node in KRaft mode, shipped defaults";
  try {
    const { version } = await findKafkaLibraries(process.env);
    await findJava(process.env);
    return { name: "kafka", summary, installed: true, version, howToInstall: null };
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    const howToInstall = error.hint ?? HOW_TO_INSTALL;
    return {
      name: "kafka",
      summary,
      installed: false,
      version: null,
      howToInstall: `${error.message}: ${howToInstall}`,
    };
  }
}

/** Options are server properties. */
async function start(
  { directory, durability, options, signal, port, environment }: StartOptions,
  version: string | null,
): Promise<RunningTarget> {
  signal.throwIfAborted();
  const libraries = await findKafkaLibraries(process.env, version);
  const java = await findJava(process.env, signal);
  const [brokerPort = 0, controllerPort = 0] = await findFreePorts(2, HOST);
  const ports = { broker: port ?? brokerPort, controller: controllerPort };
  const properties = serverProperties(directory, ports, durability, options);
  const files = await writeFiles(directory, properties);
  const classPath = [
    "-cp",
    `${libraries.directory}/*`,
    `-Dlog4j2.configurationFile=${pathToFileURL(files.log4j2)}`,
  ];
  await formatStorage(java, classPath, files.properties, directory, signal);
  const began = performance.now();
  const spawn = () =>
    startProcess({
      label: "kafka",
      command: java,
      args: [...JVM_ARGUMENTS, ...classPath, "kafka.Kafka", files.properties],
      directory,
      env: { ...process.env, ...environment },
      announces: false,
      graceMs: STOP_GRACE_MS,
    });
  const broker = await spawn();
  const endpoint = { host: HOST, port: ports.broker };
  return await duringStart(broker, "kafka", signal, async (combined) => {
    await waitForMessage("kafka", endpoint, combined, START_TIMEOUT_MS);
    const startupMs = performance.now() - began;
    const restart = new RestartableBroker({ label: "kafka", first: broker, spawn });
    return {
      ...(await readRunning(broker, endpoint, combined)),
      ...{ endpoint, startupMs, restart },
      [Symbol.asyncDispose]: () => restart[Symbol.asyncDispose](),
    };
  });
}

async function readRunning(
  broker: BrokerProcess,
  endpoint: { host: string; port: number },
  signal: AbortSignal,
): Promise<Omit<RunningTarget, "endpoint" | "startupMs" | "restart" | typeof Symbol.asyncDispose>> {
  const { features, configuration } = await readBrokerFacts(endpoint, signal);
  const read = durabilityOf(configuration?.["log.flush.interval.messages"]);
  const version = loggedVersion(await readHead(broker.logFile));
  const level = features["metadata.version"] ?? "unknown";
  return {
    name: "kafka",
    version: version ?? "unknown",
    durability: read.class,
    durabilityEvidence: read.evidence,
    warmup: "jvm",
    configuration: {
      ...configuration,
      "brokermark.jvm.arguments": JVM_ARGUMENTS.join(" "),
      "brokermark.version.evidence": `start log: "Kafka version: ${version}"; ApiVersions: metadata.version ${level}`,
    },
    notes: NOTES,
    pid: broker.pid,
    died: broker.died,
  };
}

/** The protocol tells no version, the broker's own start log does. */
export function loggedVersion(log: string): string | null {
  return /Kafka version: (\S+)/.exec(log)?.[1] ?? null;
}

async function writeFiles(directory: string, properties: Record<string, string>) {
  const files = { properties: join(directory, "server.properties"), log4j2: join(directory, "log4j2.yaml") };
  try {
    await mkdir(join(directory, "data"), { recursive: true });
    await writeFile(files.properties, formatProperties(properties));
    await writeFile(files.log4j2, LOG4J2_YAML);
  } catch (cause) {
    throw new HarnessError(
      "TARGET_START_FAILED",
      `target kafka: cannot write ${directory}: ${(cause as Error).message}`,
      {
        hint: "give a directory that you may write to, or free space on that disk",
        cause,
      },
    );
  }
  return files;
}

/** `kafka-storage.sh format --standalone`, without which a KRaft node does not start. */
async function formatStorage(
  java: string,
  classPath: readonly string[],
  propertiesFile: string,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  const tool = [
    "kafka.tools.StorageTool",
    "format",
    "--standalone",
    "-t",
    randomClusterId(),
    "-c",
    propertiesFile,
  ];
  const args = ["-Xmx256M", "-XX:TieredStopAtLevel=1", ...classPath, ...tool];
  await using formatter = await startProcess({
    label: "kafka",
    command: java,
    args,
    directory,
    announces: false,
  });
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
  aborted.catch(() => undefined);
  const exit = await Promise.race([formatter.exited, aborted]);
  if (exit.code !== 0) {
    throw startError(
      "kafka",
      `the data directory could not be formatted (${describeExit(exit)})`,
      formatter.logFile,
    );
  }
}

const HEAD_BYTES = 256 * 1024;

async function readHead(path: string): Promise<string> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return buffer.toString("utf8", 0, bytesRead);
}
