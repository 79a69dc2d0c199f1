import { join } from "node:path";
import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";
import { DEFAULT_RESULT_DIRECTORY } from "../result/store.ts";

export default class Run extends BaseCommand {
  static override summary =
    "Run scenarios against targets: throughput, latency, integrity and cost of each run.";
  static override description =
    `Every run reads back what it wrote and says whether its figures can be believed. One result file is written per run, as soon as it is done; an interrupted session keeps what it has.

A value of --set takes the place of the profile's: a parameter, a phase (measure.durationMs=5s) or an expectation.`;
  static override examples = [
    "<%= config.bin %> run megabatch --profile standard",
    "<%= config.bin %> run megabatch --target reference --target kafka --repeat 5 --html megabatch.html",
    "<%= config.bin %> run latency --target external:url=kafka://127.0.0.1:9092 --set acks=all --json",
  ];
  static override strict = false;
  static override args = {
    scenario: Args.string({ description: "Names of scenarios, or .yaml files of your own.", required: true }),
  };
  static override flags = {
    profile: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: "Only this profile; may be repeated.",
    }),
    target: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: "name or name:key=value,…; may be repeated. Several are interleaved.",
    }),
    repeat: Flags.integer({ min: 1, max: 1000, default: 1, description: "Repetitions of everything." }),
    seed: Flags.integer({ min: 0, description: "Instead of the scenario's." }),
    durability: Flags.string({
      options: ["none", "os", "fsync"],
      description: "Class asked of every target.",
    }),
    set: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: "key=value over the scenario; may be repeated.",
    }),
    quick: Flags.boolean({ description: "Shorter phases, as the scenario's quick overlay says." }),
    out: Flags.string({ default: DEFAULT_RESULT_DIRECTORY, description: "Directory of the result files." }),
    html: Flags.string({
      description: "Also write an HTML report; without a file name, report.html beside the results.",
    }),
    keep: Flags.boolean({ description: "Keep the targets' data directories (in TMPDIR)." }),
    "publisher-processes": Flags.integer({
      min: 1,
      max: 64,
      default: 1,
      description: "Processes that share the producers.",
    }),
    "consumer-processes": Flags.integer({
      min: 1,
      max: 64,
      default: 1,
      description: "Processes that share the partitions.",
    }),
  };
  static override exitCodes = [
    "done",
    "failed",
    "usage",
    "inconclusive",
    "integrity",
    "targetWouldNotRun",
    "internal",
    "interrupted",
    "terminated",
  ] as const;

  async run() {
    const { flags, argv } = await this.parse(Run, nameReport(this.argv));
    const { planScenarios } = await import("../run/plan-scenarios.ts");
    const { startSession } = await import("../run/start-session.ts");
    const { RunProgress } = await import("../terminal/run-progress.ts");
    const { exitCodeOfSession } = await import("../run/exit-code.ts");
    const { documentOf } = await import("../run/document.ts");
    const { renderOutcome } = await import("../terminal/run-outcome.ts");

    const set = [...(flags.set ?? []), ...(flags.durability ? [`durability=${flags.durability}`] : [])];
    const plans = await planScenarios(argv as string[], {
      profiles: flags.profile ?? [],
      targets: flags.target ?? [],
      repeat: flags.repeat,
      quick: flags.quick,
      set,
      ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    });
    const command = ["brokermark run", ...this.argv].join(" ");
    using progress = new RunProgress(plans, process.stderr, () => performance.now());
    const outcome = await startSession({
      plans,
      command,
      resultDirectory: flags.out,
      keep: flags.keep,
      measureCeiling: true,
      loadProcesses: { publishers: flags["publisher-processes"], consumers: flags["consumer-processes"] },
      signal: this.signal,
      listen: progress.listen,
    });
    progress[Symbol.dispose]();
    const reportFile = flags.html === undefined ? null : flags.html || join(flags.out, "report.html");
    if (reportFile !== null && outcome.results.length > 0) {
      const { writeHtmlReport } = await import("../report/write.ts");
      await writeHtmlReport(outcome.results, reportFile, command);
    }
    const document = documentOf(outcome, outcome.results.length > 0 ? reportFile : null);
    this.log(renderOutcome(document));
    process.exitCode = exitCodeOfSession(outcome);
    return document;
  }
}

/** `--html` alone at the end or before another option means the default file: oclif's options always take a value. */
function nameReport(argv: readonly string[]): string[] {
  return argv.map((word, index) => {
    const next = argv[index + 1];
    return word === "--html" && (next === undefined || next.startsWith("-")) ? "--html=" : word;
  });
}
