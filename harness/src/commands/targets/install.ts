import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/base-command.ts";

export default class TargetsInstall extends BaseCommand {
  static override summary = "Install a target into the cache; only kafka needs it.";
  static override description =
    "Resolves the exact version from Maven Central with mvn (your settings, mirrors and proxies apply). KAFKA_HOME, when set, is used instead of the cache.";
  static override examples = ["<%= config.bin %> targets install kafka"];
  static override exitCodes = [
    "done",
    "usage",
    "targetWouldNotRun",
    "internal",
    "interrupted",
    "terminated",
  ] as const;
  static override args = {
    target: Args.string({ description: "What to install.", options: ["kafka"], required: true }),
  };
  static override flags = {
    force: Flags.boolean({ description: "Also when it is there already." }),
  };

  async run() {
    const { flags } = await this.parse(TargetsInstall);
    const { installKafka } = await import("../../targets/kafka/install.ts");
    const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);
    const { signal } = this;
    const installed = await installKafka({ env: process.env, signal, force: flags.force, onProgress });
    const how = installed.fresh ? "installed" : "was there already";
    this.log(`Apache Kafka ${installed.version} ${how}: ${installed.directory}`);
    return { target: "kafka", ...installed };
  }
}
