import { writeFile } from "node:fs/promises";
import { Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";
import { HarnessError } from "../errors.ts";

export default class Conform extends BaseCommand {
  static override summary = "Check a broker's behaviour against a catalogue of cases.";
  static override description =
    `A case has accepted outcomes; brokers differ in code and level, so these are sets. Known deviations of a product are on file, and one that passes all the same is reported. What a broker lacks is counted as unsupported, never as passed.

--kill-matrix runs every mutant of the reference broker against the cases that claim to notice it.`;
  static override examples = [
    "<%= config.bin %> conform --target rabbitmq",
    "<%= config.bin %> conform --target reference --case 'A-TTL-*' --junit conform.xml",
    "<%= config.bin %> conform --target external:url=amqp://user@host:5672/vhost --level must",
    "<%= config.bin %> conform --kill-matrix",
  ];
  static override flags = {
    target: Flags.string({
      default: "reference",
      description: "reference, rabbitmq or external, as name or name:key=value,…",
    }),
    suite: Flags.string({ options: ["amqp"], default: "amqp", description: "Which catalogue." }),
    case: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: "Only cases whose id fits this glob; may be repeated.",
    }),
    level: Flags.string({
      options: ["must", "should"],
      default: "should",
      description: "must: only what a broker must do.",
    }),
    seed: Flags.integer({
      min: 0,
      description: "Of random names, bytes and histories; chosen and told without.",
    }),
    parallel: Flags.integer({ min: 1, max: 32, default: 6, description: "Cases side by side." }),
    junit: Flags.string({ description: "Also write JUnit XML into this file." }),
    mutant: Flags.string({ description: "Let the reference broker misbehave in this one known way." }),
    "kill-matrix": Flags.boolean({
      exclusive: ["mutant", "junit"],
      description: "Which case kills which mutant.",
    }),
  };
  static override exitCodes = [
    "done",
    "failed",
    "usage",
    "inconclusive",
    "targetWouldNotRun",
    "internal",
    "interrupted",
    "terminated",
  ] as const;

  async run() {
    const { flags } = await this.parse(Conform);
    const { SUITES, EXPECTATIONS } = await import("../../conformance/index.ts");
    const { parseTargetSpec } = await import("../targets/target-spec.ts");
    const { selectCases } = await import("../conform/select.ts");
    const { conduct } = await import("../conform/conduct.ts");
    const suite = SUITES[flags.suite]!;
    const cases = selectCases(suite.cases, flags.case ?? [], flags.level as "must" | "should");
    const seed = flags.seed ?? Date.now() % 1_000_000_000;
    const options = {
      spec: parseTargetSpec(flags.target),
      suite,
      expectations: EXPECTATIONS,
      seed,
      parallel: flags.parallel,
      signal: this.signal,
    };
    if (flags["kill-matrix"]) return await this.#killMatrix(cases, options);
    const { exitCodeOfConformance } = await import("../conform/summary.ts");
    const { renderOutcomeLine, renderSummary } = await import("../conform/render.ts");
    const report = await conduct({
      ...options,
      cases,
      mutant: flags.mutant ?? null,
      finished: (outcome) => process.stderr.write(`${renderOutcomeLine(outcome)}\n`),
    });
    if (flags.junit !== undefined) {
      const { renderJunit } = await import("../conform/junit.ts");
      await writeFile(flags.junit, renderJunit(report)).catch((error: Error) => {
        throw new HarnessError("USAGE", `--junit ${flags.junit}: ${error.message}`);
      });
    }
    this.log(renderSummary(report));
    process.exitCode = exitCodeOfConformance(report.summary);
    return report;
  }

  async #killMatrix(
    cases: Parameters<typeof import("../conform/run-mutants.ts").runMutants>[0],
    options: Parameters<typeof import("../conform/run-mutants.ts").runMutants>[1],
  ) {
    const { runMutants } = await import("../conform/run-mutants.ts");
    const { renderKillMatrix } = await import("../conform/kill-matrix.ts");
    const { EXIT } = await import("../exit-codes.ts");
    const matrix = await runMutants(cases, options, (line) => process.stderr.write(`${line}\n`));
    this.log(renderKillMatrix(matrix));
    if (matrix.rows.length === 0) process.exitCode = EXIT.inconclusive;
    else if (matrix.alive.length > 0) process.exitCode = EXIT.failed;
    return matrix;
  }
}
