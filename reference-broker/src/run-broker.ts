/** Arguments and environment in, a listening broker out; signals stop it. Nothing else happens here. */
import { type Broker, startBroker } from "./broker.ts";
import { loadConfig } from "./config/load-config.ts";
import type { BrokerConfig } from "./config/schema.ts";
import { BrokerError } from "./errors.ts";
import { makeLog, type Report } from "./server/log.ts";
import { BROKER_VERSION } from "./version.ts";

const EXIT_INTERNAL = 70;
/** The first client goes before the log. */
const REPORT_DELAY_MS = 100;
const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 };

function exitWith(error: unknown): never {
  if (error instanceof BrokerError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(error.exitCode);
  }
  process.stderr.write(`internal error, please report it: ${(error as Error).stack ?? error}\n`);
  process.exit(EXIT_INTERNAL);
}

/** The first signal stops in order; a second one, of either kind, at once. */
function stopOnSignals(broker: Broker, report: Report): void {
  let stopping = false;
  for (const [signal, exitCode] of Object.entries(EXIT_BY_SIGNAL)) {
    process.on(signal, () => {
      if (stopping) process.exit(exitCode);
      stopping = true;
      report("stopping", { signal });
      broker.stop().then(() => process.exit(0), exitWith);
    });
  }
}

async function main(): Promise<void> {
  const request = await loadConfig(process.argv.slice(2), process.env);
  if (request.action === "help") {
    const { helpText } = await import("./config/help.ts");
    process.stdout.write(helpText());
    return;
  }
  const { config } = request;
  if (request.action === "check") {
    const { describeConfig } = await import("./config/describe-config.ts");
    process.stdout.write(`${JSON.stringify(describeConfig(config), null, 2)}\n`);
    return;
  }
  const report = makeLog(
    config.logLevel,
    (line) => process.stderr.write(line),
    () => new Date(),
  );
  const broker = await startBroker(config, report);
  stopOnSignals(broker, report);
  announce(config, { protocol: "kafka", host: broker.host, port: broker.port });
  setTimeout(() => void reportConfiguration(config, report), REPORT_DELAY_MS).unref();
  if (broker.amqp !== null) {
    const { port, tlsPort } = await broker.amqp;
    announce(config, { protocol: "amqp", host: broker.host, port, tlsPort });
  }
  if (broker.http !== null) {
    announce(config, { protocol: "http", host: broker.host, port: (await broker.http).port });
  }
}

async function reportConfiguration(config: BrokerConfig, report: Report): Promise<void> {
  const { describeChanges } = await import("./config/describe-config.ts");
  const { profile, configFile: file } = config;
  const { injectors } = config;
  report("configuration", { profile, file, changed: describeChanges(config), injectors });
}

interface Announced {
  readonly protocol: "kafka" | "amqp" | "http";
  readonly host: string;
  readonly port: number | null;
  readonly tlsPort?: number | null;
}

/** One line for each protocol, the Kafka protocol first. */
function announce(config: BrokerConfig, listening: Announced): void {
  const { mutant, injectors } = config;
  const line = {
    event: "listening",
    ...listening,
    version: BROKER_VERSION,
    pid: process.pid,
    profile: config.profile,
    durability: config.durability,
    dataDir: config.dataDir,
    ...(mutant === null ? {} : { mutant }),
    ...(injectors.length === 0 ? {} : { injectors }),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

process.on("uncaughtException", exitWith);
process.on("unhandledRejection", exitWith);
main().catch(exitWith);
