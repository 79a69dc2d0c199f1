import { Args } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";

type Schema = Record<string, unknown>;

const SCHEMAS: Readonly<Record<string, () => Promise<Schema>>> = {
  scenario: async () => (await import("../scenario/schema.ts")).scenarioJsonSchema(),
  "gate-report": async () => (await import("../gate/outputs/report.ts")).gateReportJsonSchema(),
  "gate-evidence": async () => (await import("../gate/outputs/report.ts")).gateEvidenceJsonSchema(),
};

export default class PrintSchema extends BaseCommand {
  static override summary =
    "Print the JSON Schema of scenario files, for editors, or of what the gate writes.";
  static override examples = [
    "<%= config.bin %> schema > scenarios/schema.json",
    "<%= config.bin %> schema gate-report",
  ];
  static override args = {
    of: Args.string({
      options: Object.keys(SCHEMAS),
      default: "scenario",
      description:
        "scenario: scenario files; gate-report: `gate --report`; gate-evidence: one line of an evidence file.",
    }),
  };

  async run(): Promise<Schema> {
    const { args } = await this.parse(PrintSchema);
    const schema = await SCHEMAS[args.of]!();
    this.log(JSON.stringify(schema, null, 2));
    return schema;
  }
}
