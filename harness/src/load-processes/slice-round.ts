import { setTimeout as sleep } from "node:timers/promises";
import type { PlayedSide, PlayedSlice, PlaySlices, SlicesPlayed } from "../load/slices.ts";
import {
  accountFor,
  idleCores,
  type MeterReading,
  type RecordedBlock,
  type RecordedSlice,
  usedCpuNs,
} from "./slice-accounts.ts";
import type { SliceMeters } from "./slice-meters.ts";
import type { SlicePublisher } from "./slice-publisher.ts";

/** Long enough to be compiled in, short enough that no side runs ahead of the others. */
const WARMUP_TURN_MS = 100;
/** Of maxBytes: where a warm-up meant for slow brokers meets a fast one, what is measured must still find room. */
const WARMUP_BYTES_SHARE = 0.4;
/** Of maxBytes, what one turn may take at the fastest that a side is thought to be: the share above is looked at between turns. */
const WARMUP_TURN_SHARE = 0.1;
const FASTEST_BYTES_PER_MS = 1e6;
/** Slices differ, and a block that might not fit is not begun. */
const BYTES_MARGIN = 1.5;
/** Of so many blocks: to collect everything takes twenty times as long as to collect what is new. */
const BLOCKS_PER_COLLECTION = 10;

export interface SliceDeps {
  readonly nowUs: () => number;
  /** Collects this process's garbage: what is new, which takes a millisecond, or all of it. */
  readonly collect: (which: "new" | "all") => void;
}

/**
 * One round: the warm-up, then block after block of slices, one side at a time. Between two slices nothing is in flight
 * anywhere, the garbage of this process is collected and the brokers have `washoutMs` to end what they were at.
 */
export class SliceRound {
  /** The side whose turn it is. */
  playing = 0;
  readonly #plan: PlaySlices;
  readonly #sides: readonly SlicePublisher[];
  readonly #meters: SliceMeters;
  readonly #deps: SliceDeps;
  readonly #blocks: RecordedBlock[] = [];
  readonly #notes: string[] = [];
  /** Encoded bytes of its largest slice so far, of each side. */
  readonly #largest: number[];
  #peakRssBytes: readonly (number | null)[];

  constructor(plan: PlaySlices, sides: readonly SlicePublisher[], meters: SliceMeters, deps: SliceDeps) {
    this.#plan = plan;
    this.#sides = sides;
    this.#meters = meters;
    this.#deps = deps;
    this.#largest = sides.map(() => 0);
    this.#peakRssBytes = sides.map(() => null);
  }

  /** Throws HarnessError, for which the broker of side `playing` is to blame; what was played until then is reported. */
  async play(): Promise<void> {
    const { blocks } = this.#plan;
    this.#meters.resetPeakRss();
    await this.#warmUp();
    let begin = this.#meters.read();
    for (const [index, order] of blocks.entries()) {
      if (index % BLOCKS_PER_COLLECTION === 0) begin = await this.#settle("all");
      const block = this.#hasRoom(order) ? await this.#playBlock(order, begin) : null;
      if (block === null) {
        this.#notes.push(`${index} of ${blocks.length} blocks: the scenario's maxBytes allows no more`);
        break;
      }
      this.#blocks.push(block);
      begin = block.slices.at(-1)?.next ?? begin;
    }
    this.#peakRssBytes = this.#sides.map((_, side) => this.#meters.peakRssBytes(side));
  }

  report(): Pick<SlicesPlayed, "blocks" | "sides" | "notes"> {
    const unaccountable = this.#sides.map((_, side) => this.#isUnaccountable(side));
    const blocks = this.#blocks.map((block) => {
      return accountFor(block).map((slice) => withoutUnknown(slice, unaccountable));
    });
    const sides = this.#sides.map((_, side) => this.#reportOf(side, unaccountable[side] === true));
    return { blocks, sides, notes: this.#notes };
  }

  async #warmUp(): Promise<void> {
    const turnMs = warmupTurnMs(Math.min(...this.#sides.map(({ maxBytes }) => maxBytes)));
    const turns = Math.ceil(this.#plan.warmupMs / turnMs);
    for (let turn = 0; turn < turns; turn++) {
      if (this.#hasUsedWarmUp()) {
        const playedMs = turn * turnMs;
        this.#notes.push(
          `${playedMs} of ${this.#plan.warmupMs} ms of warm-up: the scenario's maxBytes allows no more`,
        );
        break;
      }
      for (let place = 0; place < this.#sides.length; place++) {
        // Each side is first as often as the others.
        const side = (turn + place) % this.#sides.length;
        if (this.#sides[side]!.full) continue;
        const bytes = await this.#bytesOf(side, () => this.#playOn(side, turnMs));
        this.#largest[side] = (bytes * this.#plan.sliceMs) / turnMs;
        await this.#settle("new");
      }
    }
    for (const side of this.#sides) side.samples.clear();
  }

  #hasUsedWarmUp(): boolean {
    return this.#sides.some((side) => side.encodedBytes > WARMUP_BYTES_SHARE * side.maxBytes);
  }

  #hasRoom(order: readonly number[]): boolean {
    return this.#sides.every((side, index) => {
      const slices = order.filter((each) => each === index).length;
      return !side.full && side.encodedBytes + slices * this.#largest[index]! * BYTES_MARGIN <= side.maxBytes;
    });
  }

  /** null: a slice was cut short by the limit of bytes. */
  async #playBlock(order: readonly number[], first: MeterReading): Promise<RecordedBlock | null> {
    const before = this.#meters.ticks();
    const slices: RecordedSlice[] = [];
    let begin = first;
    for (const [place, side] of order.entries()) {
      const slice = await this.#playSlice(side);
      if (this.#sides[side]!.full) return null;
      if (place === order.length - 1) this.#meters.discover();
      const next = await this.#settle("new");
      slices.push({ ...slice, begin, next });
      begin = next;
    }
    return { slices, before, after: this.#meters.ticks() };
  }

  async #playSlice(side: number): Promise<Omit<RecordedSlice, "begin" | "next">> {
    const publisher = this.#sides[side]!;
    const before = publisher.encodedBytes;
    const turn = await this.#playOn(side, this.#plan.sliceMs);
    const end = this.#meters.read();
    this.#largest[side] = Math.max(this.#largest[side]!, publisher.encodedBytes - before);
    const samples = publisher.samples.count - turn.firstSample;
    publisher.samples.reserve(2 * samples);
    return {
      side,
      messages: turn.messages,
      wallNs: Math.round((turn.lastConfirmUs - turn.firstSendUs) * 1e3),
      samples,
      ...publisher.samples.percentiles(turn.firstSample, this.#plan.minSamples),
      end,
    };
  }

  #playOn(side: number, durationMs: number) {
    this.playing = side;
    return this.#sides[side]!.play(durationMs);
  }

  async #bytesOf(side: number, play: () => Promise<unknown>): Promise<number> {
    const before = this.#sides[side]!.encodedBytes;
    await play();
    return this.#sides[side]!.encodedBytes - before;
  }

  async #settle(garbage: "new" | "all"): Promise<MeterReading> {
    this.#deps.collect(garbage);
    await sleep(this.#plan.washoutMs);
    return this.#meters.read();
  }

  /** CPU that its slices do not show would be none of theirs and make them look cheap. */
  #isUnaccountable(side: number): boolean {
    const usedNs = usedCpuNs(this.#blocks, side);
    const unseenMs = usedNs === null ? null : this.#meters.unseenCpuMs(side, usedNs);
    if (unseenMs === null) return false;
    this.#notes.push(
      `side ${side}: ${unseenMs} ms of CPU were those of threads or processes too short-lived to be seen`,
    );
    return true;
  }

  #reportOf(side: number, unaccountable: boolean): PlayedSide {
    const publisher = this.#sides[side]!;
    return {
      samples: publisher.samples.count,
      ...publisher.samples.percentiles(0, this.#plan.minSamples),
      histogram: publisher.samples.histogram(),
      publishedMessages: publisher.published,
      confirmedMessages: publisher.confirmed,
      encodedBytes: publisher.encodedBytes,
      outcomes: publisher.outcomes(),
      errors: publisher.errors,
      peakRssBytes: this.#peakRssBytes[side] ?? null,
      idleCpuCores: unaccountable ? null : idleCores(this.#blocks, side),
    };
  }
}

function withoutUnknown(slice: PlayedSlice, unaccountable: readonly boolean[]): PlayedSlice {
  const othersUnknown = unaccountable.some((unknown, side) => unknown && side !== slice.side);
  return {
    ...slice,
    cpuNs: unaccountable[slice.side] === true ? null : slice.cpuNs,
    idleCpuNs: othersUnknown ? null : slice.idleCpuNs,
  };
}

/** 100 ms from 1 GB on; whole milliseconds. */
function warmupTurnMs(maxBytes: number): number {
  const fits = Math.floor((WARMUP_TURN_SHARE * maxBytes) / FASTEST_BYTES_PER_MS);
  return Math.min(Math.max(fits, 1), WARMUP_TURN_MS);
}
