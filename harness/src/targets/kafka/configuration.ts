/** Files and arguments of a single-node Kafka in KRaft mode: shipped defaults but for what one node must have. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { HarnessError } from "../../errors.ts";
import type { Durability } from "../../scenario/plan.ts";

export interface KafkaPorts {
  readonly broker: number;
  readonly controller: number;
}

export const HOST = "127.0.0.1";
export const NODE_ID = 1;

/** What kafka-server-start.sh and kafka-run-class.sh of the distribution give the JVM when no variable says otherwise. */
export const JVM_ARGUMENTS = [
  "-Xmx1G",
  "-Xms1G",
  "-server",
  "-XX:+UseG1GC",
  "-XX:MaxGCPauseMillis=20",
  "-XX:InitiatingHeapOccupancyPercent=35",
  "-XX:+ExplicitGCInvokesConcurrent",
  "-Djava.awt.headless=true",
] as const;

/** Server properties by which this target itself works; an option must not set them. */
function ownProperties(directory: string, ports: KafkaPorts): Record<string, string> {
  return {
    "process.roles": "broker,controller",
    "node.id": String(NODE_ID),
    "controller.quorum.bootstrap.servers": `${HOST}:${ports.controller}`,
    listeners: `PLAINTEXT://${HOST}:${ports.broker},CONTROLLER://${HOST}:${ports.controller}`,
    "advertised.listeners": `PLAINTEXT://${HOST}:${ports.broker}`,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": join(directory, "data"),
  };
}

/** As config/server.properties of the distribution has them for one node. */
const SINGLE_NODE = {
  "offsets.topic.replication.factor": "1",
  "transaction.state.log.replication.factor": "1",
  "transaction.state.log.min.isr": "1",
  "share.coordinator.state.topic.replication.factor": "1",
  "share.coordinator.state.topic.min.isr": "1",
};

/** fsync: every message is flushed before it is confirmed. Otherwise the default, which leaves it to the page cache. */
const FSYNC = { "log.flush.interval.messages": "1" };

/** Throws USAGE when an option would take away what the target needs to work. */
export function serverProperties(
  directory: string,
  ports: KafkaPorts,
  durability: Durability | null,
  options: Readonly<Record<string, string>>,
): Record<string, string> {
  const own = ownProperties(directory, ports);
  checkServerOptions(options, Object.keys(own));
  return { ...own, ...SINGLE_NODE, ...(durability === "fsync" ? FSYNC : {}), ...options };
}

/** Text of a Java properties file. */
export function formatProperties(properties: Readonly<Record<string, string>>): string {
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value.replaceAll("\\", "\\\\")}`);
  return `${lines.join("\n")}\n`;
}

/** Level and pattern as shipped; to standard output only, which is our log file. */
export const LOG4J2_YAML = `Configuration:
  status: "WARN"
  Appenders:
    Console:
      name: STDOUT
      PatternLayout:
        pattern: "[%d] %p %m (%c)%n"
  Loggers:
    Root:
      level: "INFO"
      AppenderRef:
        - ref: STDOUT
`;

/** 16 random bytes in URL-safe base64 without padding, as `kafka-storage.sh random-uuid` prints them. */
export function randomClusterId(): string {
  const id = randomBytes(16).toString("base64url");
  return id.startsWith("-") ? randomClusterId() : id;
}

/** Class in force by the broker's own `log.flush.interval.messages`. Kafka always writes to the page cache first. */
export function durabilityOf(flushIntervalMessages: string | undefined): {
  class: Durability | null;
  evidence: string;
} {
  if (flushIntervalMessages === undefined) {
    return { class: null, evidence: "DescribeConfigs does not tell log.flush.interval.messages" };
  }
  return {
    class: flushIntervalMessages === "1" ? "fsync" : "os",
    evidence: `DescribeConfigs: log.flush.interval.messages=${flushIntervalMessages}`,
  };
}

function checkServerOptions(options: Readonly<Record<string, string>>, own: readonly string[]): void {
  for (const [key, value] of Object.entries(options)) {
    if (own.includes(key)) {
      throw new HarnessError("USAGE", `target kafka: ${key} is set by the target itself`, {
        hint: "leave it out, or start your own Kafka and use external:url=HOST:PORT",
      });
    }
    if (!/^[a-z][A-Za-z0-9._-]*$/.test(key) || /[\r\n]/.test(value)) {
      throw new HarnessError("USAGE", `target kafka: "${key}" is no server property`, {
        hint: "write kafka:num.io.threads=4, with the names of Kafka's server.properties",
      });
    }
  }
}
