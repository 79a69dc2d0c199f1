/** Sides that are never started as processes, and rounds without a load: for what a job does with them. */
import { loadScenario } from "../../../src/scenario/load.ts";
import { makePlans } from "../../../src/scenario/make-plans.ts";
import type { SteadyPlan } from "../../../src/scenario/plan.ts";
import type { RunningTarget, StartOptions } from "../../../src/targets/target.ts";
import type { SideName } from "../../../src/gate/evidence.ts";
import type { GateJobOptions, PlayedScenario } from "../../../src/gate/job/run-job.ts";
import type { MeasuredRound, MeasuredSide, RoundInput } from "../../../src/gate/rounds/measure-round.ts";
import type { Side } from "../../../src/gate/sides/prepare-sides.ts";

/** Counts what is started and stopped; `failing` is asked before each start. */
export class StartedSides {
  readonly log: { side: string; options: Omit<StartOptions, "options"> }[] = [];
  running = 0;
  failing: (side: string, start: number) => Error | null = () => null;
  died: Promise<never> = new Promise<never>(() => undefined);

  side(spec: string): Side {
    return {
      ...{ spec, kind: "reference", commit: null, contentHash: "c", protocols: ["kafka", "amqp"] },
      ...{ warmup: "node", ours: true },
      start: async (options) => {
        const failure = this.failing(spec, this.log.filter(({ side }) => side === spec).length);
        if (failure !== null) throw failure;
        this.log.push({ side: spec, options });
        this.running++;
        return this.#target(options);
      },
    };
  }

  #target({ port = 0, directory }: Omit<StartOptions, "options">): RunningTarget {
    return {
      ...{ name: "reference", endpoint: { host: "127.0.0.1", port }, version: "1.0", durability: "os" },
      ...{ durabilityEvidence: "", warmup: "node", notes: [], pid: 1, startupMs: 10 },
      configuration: { listeners: `127.0.0.1:${port}`, dir: `${directory}/data`, threads: "4" },
      died: this.died,
      restart: null,
      [Symbol.asyncDispose]: async () => {
        this.running--;
      },
    };
  }
}

const SIDE: MeasuredSide = {
  ...{ peakRssBytes: 1e8, histogram: null, samples: 10, p50: 1, p90: 2, p99: 3, p99_9: null },
  idleCpuCores: 0,
  integrity: {
    published: 10,
    confirmed: 10,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    corrupted: 0,
    examples: [],
  },
  errors: {},
};

export function measuredRound({ sides }: RoundInput): MeasuredRound {
  const measured = Object.fromEntries(sides.map(({ side }) => [side, SIDE])) as Record<
    SideName,
    MeasuredSide
  >;
  return { blocks: [], sides: measured, longestGapMs: 1, notes: [] };
}

export async function playedScenario(name: string): Promise<PlayedScenario> {
  const [plan] = makePlans(await loadScenario(name), { profiles: ["smoke"] }) as SteadyPlan[];
  return { name, protocol: plan!.protocol, metrics: ["throughput"], plan: plan! };
}

export async function jobOptions(
  sides: GateJobOptions["sides"],
  dataDirectory: string,
): Promise<GateJobOptions> {
  return {
    sides,
    scenarios: [await playedScenario("megabatch"), await playedScenario("publish-confirm")],
    head: {
      ...{ schemaVersion: 1, seed: "ab".repeat(16), createdAt: "2026-11-21T00:00:00.000Z", command: "gate" },
      environment: {},
      rules: { alphaJob: 0.01, alphaPass: 0.02, indifference: 0, limits: {}, looks: [6, 8] },
      measuring: { sliceMs: 25, washoutMs: 3, blocks: 6, warmupMs: 10, maxTimeMs: 100_000 },
      rerunKey: "key",
      attempt: 1,
    },
    resumed: null,
    maxTimeMs: 100_000,
    plannedRoundMs: 1000,
    dataDirectory,
  };
}
