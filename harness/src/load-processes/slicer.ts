import { prepareProducers } from "../drivers/index.ts";
import { HarnessError, invariant } from "../errors.ts";
import type { BatchShape, PrepareLoad } from "../load/protocol.ts";
import type {
  PlaySlices,
  PrepareSides,
  SideLoad,
  SidesReady,
  SideTrouble,
  SlicesPlayed,
} from "../load/slices.ts";
import { SliceMeters } from "./slice-meters.ts";
import { SlicePublisher } from "./slice-publisher.ts";
import { type SliceDeps, SliceRound } from "./slice-round.ts";

/** Has producers at several brokers and plays rounds of slices on them (slice-round.ts). */
export class Slicer {
  readonly #deps: SliceDeps;
  #sides: readonly SideLoad[] = [];
  #publishers: SlicePublisher[] = [];

  constructor(deps: SliceDeps) {
    this.#deps = deps;
  }

  /** Throws what is no broker's fault. */
  async prepare({ round, sides, maxBytes }: PrepareSides): Promise<SidesReady> {
    this.close();
    this.#sides = sides;
    let batch: BatchShape | null = null;
    for (const [side, { prepare }] of sides.entries()) {
      try {
        batch = await this.#open(prepare, maxBytes);
      } catch (error) {
        return { type: "sidesReady", round, batch: null, trouble: troubleOf(side, error) };
      }
    }
    return { type: "sidesReady", round, batch, trouble: null };
  }

  async play(plan: PlaySlices): Promise<SlicesPlayed> {
    invariant(
      this.#publishers.length === this.#sides.length,
      "slices are played when every side is prepared",
    );
    using meters = new SliceMeters(
      this.#sides.map(({ pid }) => pid),
      this.#deps.nowUs,
    );
    const round = new SliceRound(plan, this.#publishers, meters, this.#deps);
    let trouble: SideTrouble | null = null;
    try {
      await round.play();
    } catch (error) {
      trouble = troubleOf(round.playing, error);
    }
    return { type: "slicesPlayed", round: plan.round, ...round.report(), trouble };
  }

  close(): void {
    for (const publisher of this.#publishers) publisher.close();
    this.#publishers = [];
  }

  async #open(prepare: PrepareLoad, maxBytes: number): Promise<BatchShape> {
    const publisher = new SlicePublisher(this.#deps.nowUs);
    this.#publishers.push(publisher);
    const { batch, open } = await prepareProducers(prepare);
    await publisher.open(prepare.producers, { destinations: destinationsOf(prepare), maxBytes }, open);
    return batch;
  }
}

function destinationsOf({ kind, parameters }: PrepareLoad): number {
  if (kind === "log") return parameters.partitions;
  return parameters.routing === "direct" ? parameters.queues : 1;
}

function troubleOf(side: number, error: unknown): SideTrouble {
  if (!(error instanceof HarnessError)) throw error;
  return { side, code: error.code, message: error.message };
}
