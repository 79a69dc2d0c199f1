/**
 * Rounds of one fault on both engines, each drawn from its seed alone. BROKERMARK_FAULT_ROUNDS (default 5 for each engine),
 * BROKERMARK_FAULT_SEED; BROKERMARK_FAULT_STATE names a file of rounds already passed, so that a long series resumes.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { type Durability, targetFromEnvironment } from "../support/broker-process.ts";
import { notePassed, passedRounds } from "./passed-rounds.ts";
import { mulberry32 } from "./round-plan.ts";

export const ENGINES = ["log", "queues"] as const;
export type EngineName = (typeof ENGINES)[number];

/** Draws from the seed of a round. */
export class Draws {
  /** Between 0 and 1. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = mulberry32(seed);
  }

  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return Math.floor(low + this.next() * (high - low + 1));
  }

  chance(part: number): boolean {
    return this.next() < part;
  }

  oneOf<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)]!;
  }
}

export interface FaultRound {
  readonly engine: EngineName;
  readonly round: number;
  readonly draws: Draws;
  /** Removed after the round. */
  readonly folder: string;
  /** Becomes part of the round's line in the report. */
  note(text: string): void;
}

const ROUNDS = Number(process.env.BROKERMARK_FAULT_ROUNDS ?? 5);
const SEED = Number(process.env.BROKERMARK_FAULT_SEED ?? 1);
const STATE_FILE = process.env.BROKERMARK_FAULT_STATE;

/** `unavailable`: why this fault cannot be had on this machine, or null. */
export function faultRounds(
  fault: string,
  unavailable: string | null,
  body: (round: FaultRound) => Promise<void>,
): void {
  const target = targetFromEnvironment();
  const reason = target === "reference" ? unavailable : `${target} is not put through this fault`;
  const passed = passedRounds(STATE_FILE);
  describe(`${ROUNDS} rounds of ${fault}`, { skip: reason === null ? false : `not run: ${reason}` }, () => {
    for (const engine of ENGINES) {
      for (let round = 1; round <= ROUNDS; round++) {
        const id = `${fault} ${engine} ${SEED} ${round}`;
        const skip = passed.has(id) ? "passed before" : false;
        it(`${engine}, round ${round} of seed ${SEED}`, { skip }, async (context) => {
          const notes: string[] = [];
          const folder = await mkdtemp(path.join(tmpdir(), "brokermark-fault-"));
          const draws = new Draws(SEED * 104_729 + round * 31 + ENGINES.indexOf(engine));
          try {
            await body({ engine, round, draws, folder, note: (text) => notes.push(text) });
          } finally {
            context.diagnostic(`${id}: ${notes.join("; ")}`);
            await rm(folder, { recursive: true, force: true });
          }
          notePassed(STATE_FILE, [id]);
        });
      }
    }
  });
}

/** os, the broker's default, more often than fsync. */
export function drawDurability(draws: Draws): Durability {
  return draws.chance(0.6) ? "os" : "fsync";
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const PATIENCE_MS = 20_000;

/** Rejects with `what` when it does not come true. */
export async function eventually(what: () => string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what()}`);
    await pause(5);
  }
}
