import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";

export default class Trend extends BaseCommand {
  static override summary = "Show how gated metrics went commit by commit against a pinned anchor.";
  static override description =
    "A trend file holds what gate jobs measured against the anchor, one JSON line each, and is only appended to. Changes are found by E-divisive with block permutation in the last 60 points. They are advice: this command does not fail because of one.";
  static override examples = [
    "<%= config.bin %> trend trend.jsonl --add gate.jsonl",
    "<%= config.bin %> trend trend.jsonl --csv otava --html trend.html",
  ];
  static override args = {
    file: Args.string({ description: "Trend files.", required: true, multiple: true }),
  };
  static override flags = {
    add: Flags.string({
      description:
        "Evidence or report of a gate whose baseline was the anchor; appended to the first trend file. Repeatable.",
      multiple: true,
      multipleNonGreedy: true,
      default: [],
    }),
    csv: Flags.string({
      description: "Directory for CSV files and the otava.yaml that Apache Otava reads them by.",
    }),
    html: Flags.string({ description: "Where to write it as one HTML page." }),
  };
  static override exitCodes = ["done", "usage", "internal"] as const;

  async run() {
    const { args, flags } = await this.parse(Trend);
    const { addEvidence, readTrends, writeOtavaFiles, writeTrendPage } = await import(
      "../gate/trend/session.ts"
    );
    const { findTrend } = await import("../gate/trend/trend.ts");
    const { renderTrendTable } = await import("../gate/trend/trend-table.ts");
    const { TREND_SCHEMA_VERSION } = await import("../gate/trend/point.ts");
    const { MIN_ROUNDS } = await import("../gate/trend/points-of-evidence.ts");
    const added = await addEvidence(args.file[0]!, flags.add);
    for (const { source, points, known } of added) {
      const others = known === 0 ? "" : `, ${known} were there already`;
      const none = points + known === 0 ? `: no metric was measured in ${MIN_ROUNDS} rounds` : "";
      this.log(`${source}: ${points} points added${others}${none}`);
    }
    const series = findTrend(await readTrends(args.file));
    this.log(renderTrendTable(series));
    const files = flags.csv === undefined ? [] : await writeOtavaFiles(flags.csv, series);
    if (flags.html !== undefined) {
      await writeTrendPage(flags.html, series, ["brokermark trend", ...this.argv].join(" "));
      files.push(flags.html);
    }
    for (const file of files) this.log(file);
    return { schemaVersion: TREND_SCHEMA_VERSION, added, series, files };
  }
}
