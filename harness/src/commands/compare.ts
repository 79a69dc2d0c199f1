import { Args } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";
import { EXIT } from "../exit-codes.ts";

export default class Compare extends BaseCommand {
  static override summary =
    "Set targets side by side: medians, ratios to the reference broker, durability classes.";
  static override description =
    "Runs of equal load are compared; a ratio is taken within each repetition. Runs that are not valid or not intact are named and not counted.";
  static override examples = [
    "<%= config.bin %> compare results/",
    "<%= config.bin %> compare results/*.json --json",
  ];
  static override args = {
    file: Args.string({
      description: "Result files, what run --json printed, or directories of them.",
      required: true,
      multiple: true,
    }),
  };
  static override exitCodes = ["done", "usage", "inconclusive", "internal"] as const;

  async run() {
    const { args } = await this.parse(Compare);
    const { readRuns } = await import("../compare/read-runs.ts");
    const { compareRuns } = await import("../compare/comparison.ts");
    const { renderCompareTable } = await import("../terminal/compare-table.ts");
    const { SCHEMA_VERSION } = await import("../result/schema.ts");
    const loads = compareRuns(await readRuns(args.file));
    this.log(renderCompareTable(loads));
    if (!loads.some(({ columns }) => columns.some(({ used }) => used > 0)))
      process.exitCode = EXIT.inconclusive;
    return { schemaVersion: SCHEMA_VERSION, loads };
  }
}
