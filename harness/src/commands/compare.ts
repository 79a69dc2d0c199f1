import { Args } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";

export default class Compare extends BaseCommand {
  static override summary =
    "Set targets side by side: medians, ratios to the reference broker, durability classes.";
  static override description =
    "Runs of equal load are compared; a ratio is taken within each repetition. Runs that are not valid or not intact are named and not counted.";
  static override examples = [
    "<%= config.bin %> compare results/",
    "<%= config.bin %> compare results/*.json --json",
  ];
  static override strict = false;
  static override args = {
    file: Args.string({
      description: "Result files, what run --json printed, or directories of them.",
      required: true,
    }),
  };
  static override exitCodes = ["done", "usage", "inconclusive", "internal"] as const;

  async run() {
    const { argv } = await this.parse(Compare);
    const { readRuns } = await import("../compare/read-runs.ts");
    const { compareRuns } = await import("../compare/comparison.ts");
    const { renderCompareTable } = await import("../terminal/compare-table.ts");
    const { EXIT } = await import("../exit-codes.ts");
    const loads = compareRuns(await readRuns(argv as string[]));
    this.log(renderCompareTable(loads));
    if (!loads.some(({ columns }) => columns.some(({ used }) => used > 0)))
      process.exitCode = EXIT.inconclusive;
    return { schemaVersion: 1, loads };
  }
}
