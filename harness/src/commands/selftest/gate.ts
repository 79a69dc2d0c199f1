import { Flags, type Interfaces } from "@oclif/core";
import { BaseCommand } from "../../cli/base-command.ts";
import { HarnessError } from "../../errors.ts";
import type { GateEvidence } from "../../gate/evidence.ts";
import { ATTACK_NAMES, ATTACKS } from "../../gate/proof/attacks.ts";

const ATTACK_WORDS = ATTACK_NAMES.map((name) => `${name}: ${ATTACKS[name]}`).join("; ");
/** Shares by which real rounds are made worse in a replay. */
const REPLAYED_EFFECTS = [0.03, 0.05, 0.1, 0.2];
const DEFAULT_JOBS = { simulate: 2000, replay: 20_000, series: 60 } as const;

export default class SelftestGate extends BaseCommand {
  static override summary =
    "Measure how often the gate is wrong: simulated, replayed and real jobs with known answers.";
  static override description =
    "Rates stand with Clopper and Pearson's bounds, each of which holds at 95 %. A series of real jobs is kept in a file: the same command goes on with it.";
  static override examples = [
    "<%= config.bin %> selftest gate --simulate",
    "<%= config.bin %> selftest gate --aa --jobs 60 --attack cpu",
    "<%= config.bin %> selftest gate --inject cpu-share:permille=35 --jobs 60",
    "<%= config.bin %> selftest gate --replay results/gate-aa-0001/*.gate.jsonl",
  ];
  static override flags = {
    simulate: Flags.boolean({
      exactlyOne: ["simulate", "replay", "aa", "inject"],
      description: "Made-up noise of seven kinds.",
    }),
    replay: Flags.string({
      multiple: true,
      description:
        "Evidence of jobs with equal sides: their rounds with random signs, and what other gates say of them.",
    }),
    injected: Flags.string({
      multiple: true,
      dependsOn: ["replay"],
      description: "Evidence of jobs with a known slowdown: how many of them each gate finds.",
    }),
    aa: Flags.boolean({ description: "Real jobs, the reference broker against itself." }),
    inject: Flags.string({
      helpValue: "KIND:…",
      description:
        "Real jobs, the reference broker against itself with this injector, as its --inject takes it.",
    }),
    jobs: Flags.integer({ min: 1, description: "How many; of a series, those played before included." }),
    attack: Flags.option({ options: ATTACK_NAMES, description: `Beside real jobs: ${ATTACK_WORDS}.` })(),
    scenario: Flags.string({ multiple: true, multipleNonGreedy: true, description: "As gate takes them." }),
    set: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "key=value",
      description: "Over the scenario, as gate takes it; may be repeated.",
    }),
    slice: Flags.string({ helpValue: "25ms", description: "Length of a slice." }),
    blocks: Flags.integer({ min: 5, max: 500, description: "Blocks of slices in a round." }),
    preflight: Flags.boolean({
      description:
        "Look at the machine before each job, as gate does. Where it is too noisy, the series ends for now.",
    }),
    "max-time": Flags.string({ helpValue: "3min", description: "Of each job." }),
    series: Flags.string({
      helpValue: "FILE",
      description: "Where the series is kept; results/gate-….jsonl by default.",
    }),
    seed: Flags.string({ default: "brokermark", description: "Of simulation and replay." }),
    full: Flags.boolean({
      dependsOn: ["simulate"],
      description: "The published grid instead of the small one.",
    }),
  };
  static override exitCodes = [
    "done",
    "usage",
    "inconclusive",
    "targetWouldNotRun",
    "internal",
    "interrupted",
  ] as const;

  async run() {
    const { flags } = await this.parse(SelftestGate);
    if (flags.simulate) return await this.#simulate(flags);
    if (flags.replay !== undefined) return await this.#replay(flags.replay, flags);
    return await this.#series(flags);
  }

  async #simulate({ jobs = DEFAULT_JOBS.simulate, seed, full }: SelftestFlags) {
    const { FULL_GRID, SMALL_GRID, simulateCell } = await import("../../gate/proof/simulate.ts");
    const { DEFAULT_RULES } = await import("../../gate/default-rules.ts");
    const { renderSimulation } = await import("../../terminal/gate-proof-table.ts");
    const grid = full ? FULL_GRID : SMALL_GRID;
    const cells = grid.map((cell, index) => {
      process.stderr.write(`${index + 1} of ${grid.length}\n`);
      return simulateCell(cell, jobs, DEFAULT_RULES, seed);
    });
    this.log(renderSimulation(cells));
    return { schemaVersion: 1, cells };
  }

  async #replay(files: readonly string[], { jobs = DEFAULT_JOBS.replay, seed, injected }: SelftestFlags) {
    const { judge } = await import("../../gate/judge/judge.ts");
    const { replaySigns } = await import("../../gate/proof/replay-signs.ts");
    const { compareGates } = await import("../../gate/proof/other-gates.ts");
    const { tally } = await import("../../gate/proof/tally.ts");
    const { renderGates, renderReplay, renderTally } = await import("../../terminal/gate-proof-table.ts");
    const equal = await readAll(files);
    const counts = tally(equal.map(judge));
    const replayed = replaySigns(equal, { jobs, seed, effects: REPLAYED_EFFECTS });
    const gates = compareGates(equal);
    const detected = injected === undefined ? null : compareGates(await readAll(injected));
    this.log([renderTally(counts), renderReplay(replayed), renderGates(gates, detected)].join("\n\n"));
    return { schemaVersion: 1, tally: counts, replayed, gates, detected };
  }

  async #series(flags: SelftestFlags) {
    const { playSeries } = await import("../../gate/proof/series.ts");
    const { judge } = await import("../../gate/judge/judge.ts");
    const { tally } = await import("../../gate/proof/tally.ts");
    const { compareGates } = await import("../../gate/proof/other-gates.ts");
    const { renderGates, renderTally } = await import("../../terminal/gate-proof-table.ts");
    const { attack, inject, scenario = [], set = [], slice, blocks, jobs = DEFAULT_JOBS.series } = flags;
    const kind = inject === undefined ? "aa" : `inject ${inject}`;
    const question = [
      ...[kind, ...scenario, ...set],
      ...(slice === undefined ? [] : [`slices of ${slice}`]),
      ...(blocks === undefined ? [] : [`${blocks} blocks`]),
      ...(attack === undefined ? [] : [`under ${attack}`]),
      ...(flags.preflight ? ["on a fit machine"] : []),
    ].join(", ");
    const name = question.replaceAll(/[^a-z0-9]+/g, "-");
    const evidences = await playSeries(
      { file: flags.series ?? `results/gate-${name}.jsonl`, question, jobs },
      {
        signal: this.signal,
        now: () => new Date(),
        play: (directory) => this.#playJob(directory, flags),
        onJob: (evidence, finished) => {
          const { verdict, reason } = judge(evidence);
          process.stderr.write(
            `job ${finished} of ${jobs}: ${verdict}${reason === null ? "" : ` (${reason})`}\n`,
          );
        },
      },
    );
    if (evidences.length === 0)
      throw new HarnessError("NOTHING_EXECUTED", "no job of the series was finished");
    const [counts, gates] = [tally(evidences.map(judge)), compareGates(evidences)];
    this.log(`${question}\n${renderTally(counts)}\n\n${renderGates(gates)}`);
    return { schemaVersion: 1, question, tally: counts, gates };
  }

  async #playJob(out: string, flags: SelftestFlags) {
    const { attack, inject, scenario = [], set = [], preflight, "max-time": maxTime } = flags;
    const { startGate } = await import("../../gate/job/gate-session.ts");
    const { durationMs } = await import("../../gate/job/judging-options.ts");
    const { measuringOf } = await import("../../gate/job/measuring-options.ts");
    const { DEFAULT_RULES } = await import("../../gate/default-rules.ts");
    await using beside = new AsyncDisposableStack();
    if (attack !== undefined) {
      const { startAttack } = await import("../../gate/proof/attacks.ts");
      beside.use(await startAttack(attack));
    }
    const injected = inject === undefined ? "" : `:inject=${inject.replaceAll(",", "\\,")}`;
    return await startGate(
      {
        ...{ baseline: "target:reference", candidate: `target:reference${injected}`, control: false },
        ...{ scenarios: scenario, profiles: [], set, rules: DEFAULT_RULES, measuring: measuringOf(flags) },
        maxTimeMs: maxTime === undefined ? null : durationMs(maxTime, "--max-time"),
        ...{ seed: null, out, pool: [], preflight },
        command: ["brokermark selftest gate", ...this.argv].join(" "),
      },
      // Jobs of a series are independent, whichever attempt of a workflow plays them.
      {
        signal: this.signal,
        env: { ...process.env, GITHUB_RUN_ATTEMPT: "1" },
        listen: () => {},
        onProgress: () => {},
        onPreflight: () => {},
      },
    );
  }
}

async function readAll(files: readonly string[]): Promise<GateEvidence[]> {
  const { readEvidence } = await import("../../gate/evidence-file.ts");
  const evidences: GateEvidence[] = [];
  for (const file of files) evidences.push((await readEvidence(file)).evidence);
  return evidences;
}

type SelftestFlags = Interfaces.InferredFlags<typeof SelftestGate.flags>;
