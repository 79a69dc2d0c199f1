/** Where Apache Kafka's jars are, and the command that runs one KRaft node on them. Nothing is downloaded here. */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const KAFKA_VERSION = "4.3.1";
const CLUSTER_ID = "5L6g3nShT-eMCtK--X86sw";

/** The folder of jars: BROKERMARK_KAFKA_LIBS, else the cache that `brokermark targets install kafka` fills. */
export function kafkaLibs(): string | null {
  const cache = process.env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache");
  const libs =
    process.env.BROKERMARK_KAFKA_LIBS ?? path.join(cache, "brokermark", `kafka-${KAFKA_VERSION}`, "libs");
  return existsSync(libs) && readdirSync(libs).some((file) => file.startsWith("kafka-clients-"))
    ? libs
    : null;
}

/** Null when the Java client can run; otherwise the reason, in words for a person. */
export function javaUnavailable(): string | null {
  try {
    execFileSync("java", ["-version"], { stdio: "ignore" });
  } catch {
    return "no `java` on the path (Java 17 or later)";
  }
  return kafkaLibs() === null
    ? "Apache Kafka's jars are not installed: `brokermark targets install kafka`, or set BROKERMARK_KAFKA_LIBS"
    : null;
}

interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** Writes the properties, formats the storage unless it is, and returns the command. */
export async function prepareKafka(
  dataDir: string,
  host: string,
  port: number,
  controllerPort: number,
  settings: Readonly<Record<string, string>>,
): Promise<{ file: string; args: string[] }> {
  const reason = javaUnavailable();
  if (reason !== null) throw new Error(`Apache Kafka cannot run: ${reason}`);
  const classpath = path.join(kafkaLibs()!, "*");
  await mkdir(dataDir, { recursive: true });
  const properties = path.join(dataDir, "server.properties");
  const logging = path.join(dataDir, "log4j2.yaml");
  const logs = path.join(dataDir, "logs");
  await writeFile(properties, propertiesText(host, port, controllerPort, logs, settings));
  await writeFile(logging, LOGGING);
  const java = ["-cp", classpath, `-Dlog4j2.configurationFile=file://${logging}`];
  if (!existsSync(path.join(logs, "meta.properties"))) {
    await run({
      file: "java",
      args: [...java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", properties],
    });
  }
  return { file: "java", args: [...java, "-Xmx512m", "kafka.Kafka", properties] };
}

async function run({ file, args }: Command): Promise<void> {
  await promisify(execFile)(file, [...args]);
}

function propertiesText(
  host: string,
  port: number,
  controllerPort: number,
  logs: string,
  settings: Readonly<Record<string, string>>,
): string {
  const properties = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": `1@${host}:${controllerPort}`,
    listeners: `PLAINTEXT://${host}:${port},CONTROLLER://${host}:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://${host}:${port}`,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": logs,
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    ...settings,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}

const LOGGING = `Configuration:
  status: "ERROR"
  Appenders:
    Console:
      name: STDOUT
      PatternLayout:
        pattern: "[%d] %p %m (%c)%n"
  Loggers:
    Root:
      level: "WARN"
      AppenderRef:
        - ref: STDOUT
`;
