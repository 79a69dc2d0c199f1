import { Flags, type Interfaces } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";
import { HarnessError } from "../errors.ts";
import type { GateEvidence } from "../gate/evidence.ts";
import type { GateRequest } from "../gate/job/gate-session.ts";
import { DEFAULT_SCENARIOS, GATED_POINTS } from "../gate/job/gated-points.ts";
import type { Judgement } from "../gate/judgement.ts";
import { GATE_METRIC_NAMES, GATE_METRICS } from "../gate/metrics.ts";
import { GATE_OUTPUTS } from "../gate/outputs/index.ts";
import { SIDE_KINDS } from "../gate/sides/side-spec.ts";

const OUTPUT_FLAGS = Object.fromEntries(
  GATE_OUTPUTS.map(({ flag, fileName, summary }) => [
    flag,
    Flags.string({ helpGroup: "OUTPUT", helpValue: `<${fileName}>`, description: summary }),
  ]),
);

const LIMITS = GATE_METRIC_NAMES.filter((name) => GATE_METRICS[name].role === "gating")
  .map((name) => `${name} ${Math.round((GATE_METRICS[name].limit ?? 0) * 100)}%`)
  .join(", ");

const POINTS = DEFAULT_SCENARIOS.map((name) => {
  const point = GATED_POINTS[name];
  return `${name} (profile ${point?.profile}, ${point?.set.join(", ")})`;
}).join(" and ");

export default class Gate extends BaseCommand {
  static override summary =
    "Decide whether a change made a broker slower: pass, regress, improved or inconclusive.";
  static override description =
    `Baseline and candidate are started anew for every round and measured in turns, in slices of milliseconds; a coin says which of them gets which port, directory and place. So a false alarm is as rare as the coins make it, whatever the machine does besides: 1 in 100 jobs at most. What cannot be told is said to be inconclusive, with its reason.

A SIDE is one of:
${Object.values(SIDE_KINDS)
  .map((text) => `- ${text}`)
  .join("\n")}

git: commits are built in the cache, both in the same way; target:reference is the broker of this checkout as it is, changes that are not committed included. A command is also told BROKERMARK_PORT, BROKERMARK_DIRECTORY, BROKERMARK_PROTOCOL and BROKERMARK_DURABILITY.

Scenarios are by default ${POINTS}, those of them whose protocol both sides speak. A round of one takes 6 to 10 s; a verdict takes 6 to 14 rounds on a quiet machine. Rounds of brokers that start slowly (Kafka, RabbitMQ, commands and addresses) are longer.

Evidence is written after every round. An interrupted job goes on with --resume. Run again with the same sides and scenarios, the evidence of earlier attempts in the same --out directory counts too, so that running it until it passes gains nothing.`;
  static override examples = [
    "<%= config.bin %> gate --baseline main --candidate HEAD",
    "<%= config.bin %> gate --baseline HEAD --candidate target:reference --scenario megabatch --max-time 3min",
    "<%= config.bin %> gate --baseline target:kafka --candidate target:kafka:num.io.threads=1",
    "<%= config.bin %> gate --baseline cmd:'./old --port {port}' --candidate cmd:'./new --port {port}' --scenario publish-confirm",
    "<%= config.bin %> gate --replay gate.json --explain",
  ];
  static override flags = {
    baseline: Flags.string({ helpValue: "SIDE", description: "What it was." }),
    candidate: Flags.string({ helpValue: "SIDE", description: "What it is now." }),
    scenario: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: "Scenario or .yaml file; may be repeated.",
    }),
    profile: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: "This profile of every scenario; may be repeated.",
    }),
    set: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: "key=value over the scenario; may be repeated.",
    }),
    "max-time": Flags.string({
      helpValue: "3min",
      description:
        "Of the whole job; 3min for each scenario by default, 10min with a broker that starts slowly.",
    }),
    control: Flags.boolean({
      description: "Compare the baseline with itself too, in a slot of its own; half as much time again.",
    }),
    alpha: Flags.string({ helpValue: "1%", description: "Rate of false alarms of the whole job." }),
    limit: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "metric=5%",
      description: `What is a regression; may be repeated. By default: ${LIMITS}.`,
    }),
    indifference: Flags.string({
      helpValue: "0%",
      description:
        "Effects up to this are none: 1% for natively compiled brokers, whose layout alone may make them.",
    }),
    inconclusive: Flags.string({
      options: ["fail", "neutral"],
      default: "fail",
      description: "Exit code where nothing can be told: 3 or 0.",
    }),
    seed: Flags.string({ description: "32 hexadecimal digits, of the coins; random without." }),
    out: Flags.string({ default: "results/gate", description: "Directory of the evidence." }),
    pool: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: "Evidence of earlier attempts, as file or directory; may be repeated.",
    }),
    slice: Flags.string({ helpValue: "25ms", description: "Length of a slice." }),
    blocks: Flags.integer({ min: 5, max: 500, description: "Blocks of slices in a round." }),
    warmup: Flags.string({ helpValue: "600ms", description: "Of each side, in each round." }),
    preflight: Flags.boolean({
      allowNo: true,
      default: true,
      description: "Refuse where not even two sinks that do nothing can be told to be equal.",
    }),
    explain: Flags.boolean({ description: "Why each verdict is what it is, and what would help." }),
    replay: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      exclusive: ["baseline", "candidate", "resume"],
      description: "Judge evidence or a report again instead; of several attempts at one question, together.",
    }),
    resume: Flags.string({
      helpValue: "FILE",
      exclusive: ["baseline", "candidate", "scenario", "profile", "set", "control", "alpha", "limit", "seed"],
      description: "Go on with the interrupted job of this evidence.",
    }),
    // Read by their names in the table.
    ...(OUTPUT_FLAGS as Record<never, never>),
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
    const { flags } = await this.parse(Gate);
    const policy = flags.inconclusive as "neutral" | "fail";
    if (flags.replay !== undefined) return await this.#replay(flags.replay, flags, policy);
    const { judge } = await import("../gate/judge/judge.ts");
    const { outcome, interrupted } = await this.#play(flags);
    const judgement = judge(outcome.evidence);
    await this.#say(outcome.evidence, judgement, flags, policy);
    if (interrupted) this.logToStderr(`go on with: brokermark gate --resume ${outcome.file}`);
    return await document(outcome.evidence, judgement);
  }

  async #play(flags: GateFlags) {
    const { resumeGate, startGate } = await import("../gate/job/gate-session.ts");
    const { durationMs } = await import("../gate/job/judging-options.ts");
    const { sessionEvents } = await import("../terminal/gate-session-events.ts");
    const write = (line: string): void => void process.stderr.write(`${line}\n`);
    const deps = { signal: this.signal, env: process.env, ...sessionEvents(write) };
    const maxTimeMs = flags["max-time"] === undefined ? null : durationMs(flags["max-time"], "--max-time");
    const pool = flags.pool ?? [];
    const outcome =
      flags.resume === undefined
        ? await startGate(
            await requestOf(flags, maxTimeMs, ["brokermark gate", ...this.argv].join(" ")),
            deps,
          )
        : await resumeGate(flags.resume, maxTimeMs, pool, deps);
    write(`evidence: ${outcome.file}`);
    return { outcome, interrupted: outcome.evidence.end?.reason === "interrupted" };
  }

  async #replay(files: readonly string[], flags: GateFlags, policy: "neutral" | "fail") {
    const { replay } = await import("../gate/outputs/replay.ts");
    const [judged, ...others] = await replay(files);
    if (judged === undefined || others.length > 0) {
      throw new HarnessError("USAGE", "these files are evidence on several questions", {
        hint: "give attempts at one question, or one file at a time",
      });
    }
    const { sources, evidence, judgement, differences, notes } = judged;
    for (const note of notes) this.logToStderr(note);
    if (differences !== null && differences.length > 0) {
      throw new HarnessError(
        "RESULT_INVALID",
        `${sources.join(", ")}: its judgement is another: ${differences.join(", ")}`,
        { hint: "it was judged by another version of brokermark, or its evidence was changed" },
      );
    }
    await this.#say(evidence, judgement, flags, policy);
    return await document(evidence, judgement);
  }

  async #say(evidence: GateEvidence, judgement: Judgement, flags: GateFlags, policy: "neutral" | "fail") {
    const { renderGateResult } = await import("../terminal/gate-table.ts");
    const { appendStepSummary, writeOutput } = await import("../gate/outputs/write-output.ts");
    const { exitCodeOfGate } = await import("../gate/job/exit-code.ts");
    this.log(renderGateResult(evidence, judgement));
    if (flags.explain) {
      const { renderExplanation } = await import("../terminal/gate-explain.ts");
      this.log(`\n${renderExplanation(evidence, judgement)}`);
    }
    process.exitCode = exitCodeOfGate(judgement, policy);
    const paths = flags as Readonly<Record<string, unknown>>;
    for (const output of GATE_OUTPUTS) {
      const path = paths[output.flag];
      if (typeof path === "string") await writeOutput(output, path, evidence, judgement);
    }
    const { GITHUB_STEP_SUMMARY } = process.env;
    if (GITHUB_STEP_SUMMARY) await appendStepSummary(GITHUB_STEP_SUMMARY, evidence, judgement);
  }
}

type GateFlags = Interfaces.InferredFlags<typeof Gate.flags>;

/** Throws USAGE. */
async function requestOf(flags: GateFlags, maxTimeMs: number | null, command: string): Promise<GateRequest> {
  const { judgingRules } = await import("../gate/job/judging-options.ts");
  const { measuringOf } = await import("../gate/job/measuring-options.ts");
  const { baseline, candidate, seed = null } = flags;
  if (baseline === undefined || candidate === undefined) {
    throw new HarnessError("USAGE", "a gate compares --baseline with --candidate", {
      hint: "e.g. brokermark gate --baseline main --candidate HEAD",
    });
  }
  if (seed !== null && !/^[0-9a-f]{32}$/.test(seed)) {
    throw new HarnessError("USAGE", `--seed ${seed}: expected 32 hexadecimal digits`);
  }
  const { alpha, indifference, limit = [] } = flags;
  return {
    ...{ baseline, candidate, seed, maxTimeMs, command },
    ...{ control: flags.control, out: flags.out, pool: flags.pool ?? [], preflight: flags.preflight },
    ...{ scenarios: flags.scenario ?? [], profiles: flags.profile ?? [], set: flags.set ?? [] },
    rules: judgingRules({ alpha, indifference, limits: limit }),
    measuring: measuringOf(flags),
  };
}

async function document(evidence: GateEvidence, judgement: Judgement) {
  const { buildReport } = await import("../gate/outputs/report.ts");
  return buildReport(evidence, judgement);
}
