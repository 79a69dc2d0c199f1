import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/base-command.ts";

const PRODUCTS = { kafka: "Apache Kafka", rabbitmq: "RabbitMQ" } as const;

async function installerOf(target: keyof typeof PRODUCTS) {
  if (target === "kafka") return (await import("../../targets/kafka/install.ts")).installKafka;
  return (await import("../../targets/rabbitmq/install.ts")).installRabbitmq;
}

export default class TargetsInstall extends BaseCommand {
  static override summary =
    "Install kafka or rabbitmq into the cache; the other targets need no installation.";
  static override description =
    `kafka: resolves the exact version from Maven Central with mvn (your settings, mirrors and proxies apply). KAFKA_HOME, when set, is used instead of the cache.

rabbitmq: unpacks Debian's packages of RabbitMQ and Erlang into a root directory apart from the system, with debootstrap (apt-get install debootstrap) as root on Linux. Not needed where RabbitMQ 4 is on the path or RABBITMQ_HOME is set.`;
  static override examples = [
    "<%= config.bin %> targets install kafka",
    "<%= config.bin %> targets install rabbitmq",
  ];
  static override exitCodes = [
    "done",
    "usage",
    "targetWouldNotRun",
    "internal",
    "interrupted",
    "terminated",
  ] as const;
  static override args = {
    target: Args.string({ description: "What to install.", options: Object.keys(PRODUCTS), required: true }),
  };
  static override flags = {
    force: Flags.boolean({ description: "Also when it is there already." }),
  };

  async run() {
    const { args, flags } = await this.parse(TargetsInstall);
    const target = args.target as keyof typeof PRODUCTS;
    const install = await installerOf(target);
    const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);
    const { signal } = this;
    const installed = await install({ env: process.env, signal, force: flags.force, onProgress });
    const how = installed.fresh ? "installed" : "was there already";
    this.log(`${PRODUCTS[target]} ${installed.version} ${how}: ${installed.directory}`);
    return { target, ...installed };
  }
}
