import { BaseCommand } from "../cli/base-command.ts";
import { runForegroundBroker } from "../targets/foreground-broker.ts";

const PROTOCOL_NAMES: Readonly<Record<string, string>> = { kafka: "the Kafka protocol", amqp: "AMQP 0-9-1" };

export default class Broker extends BaseCommand {
  static override summary = "Start the reference broker alone, until SIGINT or SIGTERM stops it.";
  static override description =
    "Options are the broker's own and go to it as they are; `brokermark broker -- --help` lists them. With --json the lines on standard output that say where it listens, one for each protocol, are JSON.";
  static override usage = "broker [--json] [OPTION OF THE BROKER…]";
  static override examples = [
    "<%= config.bin %> broker --port 9092 --data-dir ./data",
    "<%= config.bin %> broker --port 0 --durability fsync --json",
    "<%= config.bin %> broker -- --help",
  ];
  static override exitCodes = ["done", "usage", "targetWouldNotRun", "internal"] as const;

  async run(): Promise<void> {
    // Not parsed here: the broker knows its options, and says what is wrong with them.
    const args = this.argv.filter((arg) => arg !== "--json" && arg !== "--");
    const json = this.argv.includes("--json");
    const print = (line: string): void => void process.stdout.write(`${line}\n`);
    await runForegroundBroker({
      args,
      onOutput: print,
      onListening: (told) =>
        print(
          json
            ? JSON.stringify(told)
            : `reference broker ${told.version} listens for ${PROTOCOL_NAMES[told.protocol] ?? told.protocol} on ${told.host}:${told.port} (durability ${told.durability}); Ctrl-C stops it`,
        ),
    });
  }

  /** The lines about listening are the whole document. */
  protected override logJson(): void {}
}
