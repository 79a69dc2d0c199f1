import type { Block, GateEvidence, RoundLine, Slice } from "../evidence.ts";
import type { GateMetricName } from "../metrics.ts";
import { median } from "../statistics/moments.ts";

/** Rounds with a longer gap than this are set aside: the machine stood still. Whose turn it was plays no part. */
const LONGEST_GAP_MS = 250;
/** A block is contended when others used this share of all cores, a job when most blocks are. */
const CONTENDED_SHARE = 0.75;
const GENERATOR_LIMIT = 0.85;

/** Those that the generator's own limit pulls towards equality; CPU per message and memory show a difference all the same. */
const TIMED: ReadonlySet<GateMetricName> = new Set(["throughput", "p50", "p90", "p99", "p99_9"]);

export interface MachineFitness {
  readonly foreignCores: number | null;
  readonly stealCores: number | null;
  readonly cores: number;
  readonly generatorShare: number | null;
  readonly longestGapMs: number;
  readonly contended: boolean;
  readonly generatorBound: boolean;
  readonly migrated: boolean;
}

export function playedSteadily({ longestGapMs }: RoundLine): boolean {
  return longestGapMs <= LONGEST_GAP_MS;
}

export function isTimed(metric: GateMetricName): boolean {
  return TIMED.has(metric);
}

export function fitnessOf({ job, rounds, end }: GateEvidence): MachineFitness {
  const cores = typeof job.environment.cores === "number" ? job.environment.cores : 1;
  const blocks = rounds.flatMap((round) => round.blocks);
  const slices = blocks.flatMap((block) => block.slices);
  const foreign = blocks.flatMap((block) => coresOf(block.slices, "foreignNs") ?? []);
  const contended = foreign.filter((used) => used > CONTENDED_SHARE * cores).length;
  const generatorShare = medianOrNull(rounds.flatMap((round) => generatorShareOf(round.blocks) ?? []));
  return {
    foreignCores: medianOrNull(slices.flatMap((slice) => coresOf([slice], "foreignNs") ?? [])),
    stealCores: medianOrNull(slices.flatMap((slice) => coresOf([slice], "stealNs") ?? [])),
    cores,
    generatorShare,
    longestGapMs: rounds.reduce((longest, { longestGapMs }) => Math.max(longest, longestGapMs), 0),
    contended: 2 * contended > blocks.length,
    generatorBound: generatorShare !== null && generatorShare > GENERATOR_LIMIT,
    migrated: end !== null && end.machine.began !== end.machine.ended,
  };
}

/** Of the side that kept it busier. */
function generatorShareOf(blocks: readonly Block[]): number | null {
  const slices = blocks.flatMap((block) => block.slices);
  const shares = [...new Set(slices.map(({ side }) => side))].flatMap(
    (side) =>
      coresOf(
        slices.filter((slice) => slice.side === side),
        "generatorCpuNs",
      ) ?? [],
  );
  return shares.length === 0 ? null : Math.max(...shares);
}

/** CPU time over wall time of the slices in which it was measured; null where it never was. */
function coresOf(slices: readonly Slice[], meter: "foreignNs" | "stealNs" | "generatorCpuNs"): number | null {
  let [used, wall] = [0, 0];
  for (const slice of slices) {
    const ns = slice[meter];
    if (ns === null) continue;
    used += ns;
    wall += slice.wallNs;
  }
  return wall === 0 ? null : used / wall;
}

function medianOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : median(values);
}
