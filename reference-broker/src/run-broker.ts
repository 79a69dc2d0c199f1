/** Arguments and environment in, a listening broker out; signals stop it. Nothing else happens here. */
import { type Broker, startBroker } from "./broker.ts";
import { helpText, parseConfig } from "./config.ts";
import { BrokerError } from "./errors.ts";
import { BROKER_VERSION } from "./version.ts";

const EXIT_INTERNAL = 70;

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

function stopOn(signal: NodeJS.Signals, broker: Broker): void {
  process.once(signal, () => {
    report("stopping", { signal });
    process.once(signal, () => process.exit(EXIT_INTERNAL));
    broker.stop().then(() => process.exit(0), exitWith);
  });
}

async function main(): Promise<void> {
  const config = parseConfig(process.argv.slice(2), process.env);
  if (config === "help") {
    process.stdout.write(helpText());
    return;
  }
  const broker = await startBroker(config, report);
  stopOn("SIGINT", broker);
  stopOn("SIGTERM", broker);
  const listening = {
    event: "listening",
    protocol: "kafka",
    host: broker.host,
    port: broker.port,
    version: BROKER_VERSION,
    pid: process.pid,
    durability: config.durability,
    dataDir: config.dataDir,
  };
  process.stdout.write(`${JSON.stringify(listening)}\n`);
}

process.on("uncaughtException", exitWith);
process.on("unhandledRejection", exitWith);
main().catch(exitWith);
