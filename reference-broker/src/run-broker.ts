/** Arguments and environment in, a listening broker out; signals stop it. Nothing else happens here. */
import { type Broker, startBroker } from "./broker.ts";
import { helpText, parseConfig } from "./config/parse-config.ts";
import type { BrokerConfig } from "./config/schema.ts";
import { BrokerError } from "./errors.ts";
import { BROKER_VERSION } from "./version.ts";

const EXIT_INTERNAL = 70;
const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 };

function report(event: string, fields: Record<string, unknown>): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
}

function exitWith(error: unknown): never {
  if (error instanceof BrokerError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(error.exitCode);
  }
  process.stderr.write(`internal error, please report it: ${(error as Error).stack ?? error}\n`);
  process.exit(EXIT_INTERNAL);
}

/** The first signal stops in order; a second one, of either kind, at once. */
function stopOnSignals(broker: Broker): void {
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
  const config = parseConfig(process.argv.slice(2), process.env);
  if (config === "help") {
    process.stdout.write(helpText());
    return;
  }
  const broker = await startBroker(config, report);
  stopOnSignals(broker);
  announce(config, { protocol: "kafka", host: broker.host, port: broker.port });
  if (broker.amqp === null) return;
  const { port, tlsPort } = await broker.amqp;
  announce(config, { protocol: "amqp", host: broker.host, port, tlsPort });
}

interface Announced {
  readonly protocol: "kafka" | "amqp";
  readonly host: string;
  readonly port: number | null;
  readonly tlsPort?: number | null;
}

/** One line for each protocol, the Kafka protocol first. */
function announce(config: BrokerConfig, listening: Announced): void {
  const { mutant } = config;
  const line = {
    event: "listening",
    ...listening,
    version: BROKER_VERSION,
    pid: process.pid,
    durability: config.durability,
    dataDir: config.dataDir,
    ...(mutant === null ? {} : { mutant }),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

process.on("uncaughtException", exitWith);
process.on("unhandledRejection", exitWith);
main().catch(exitWith);
