import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";
import { SCHEMA_VERSION } from "../result/schema.ts";

export default class Report extends BaseCommand {
  static override summary = "Write result files as one HTML page that needs no network.";
  static override examples = [
    "<%= config.bin %> report results",
    "<%= config.bin %> report results/*.json --output megabatch.html",
  ];
  static override exitCodes = ["done", "usage", "inconclusive", "internal"] as const;
  static override strict = false;
  static override args = {
    file: Args.string({ description: "Result files, or directories of them.", required: true }),
  };
  static override flags = {
    output: Flags.string({ char: "o", description: "Where the page goes.", default: "report.html" }),
  };

  async run() {
    const { argv, flags } = await this.parse(Report);
    const { collectResults } = await import("../report/collect.ts");
    const { writeHtmlReport } = await import("../report/write.ts");
    const results = await collectResults(argv as string[]);
    const { verdict } = await writeHtmlReport(
      results,
      flags.output,
      ["brokermark report", ...this.argv].join(" "),
    );
    this.log(verdict.headline);
    this.log(`${flags.output}: ${results.length} runs`);
    return { schemaVersion: SCHEMA_VERSION, reportFile: flags.output, runs: results.length, verdict };
  }
}
