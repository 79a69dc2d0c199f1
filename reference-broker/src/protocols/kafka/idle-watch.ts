/**
 * Ends connections that have gone silent. Nothing is timed per byte: each is looked at now and then, and one that moved
 * nothing since several looks is silent. A frame that has begun must go on sooner than a next one must begin.
 */
import { coalesced, type TimerTarget, type Timers } from "../../mechanisms/timers.ts";

export interface IdlePeer {
  /** The client waits for the broker, so its silence means nothing. */
  readonly isKeptWaiting: boolean;
  /** Written and not taken by the kernel. */
  readonly unsentBytes: number;
  timedOut(): void;
}

interface Pace {
  readonly lookMs: number;
  /** More silent looks than this are too many: the client is given `looks * lookMs` at least, and a look more at most. */
  readonly looks: number;
}

/** Kafka's connections.max.idle.ms: ten minutes. */
const BETWEEN_FRAMES: Pace = { lookMs: 120_000, looks: 5 };
const IN_FRAME: Pace = { lookMs: 10_000, looks: 3 };
/** What a look may come late, so that many connections share a wake. */
const GRACE_MS = 500;

export class IdleWatch implements TimerTarget {
  readonly #timers: Timers;
  readonly #peer: IdlePeer;
  #timer = 0;
  #pace = BETWEEN_FRAMES;
  #silentLooks = 0;
  #unsentBytes = 0;

  constructor(timers: Timers, peer: IdlePeer) {
    this.#timers = timers;
    this.#peer = peer;
    this.#schedule();
  }

  received(): void {
    this.#silentLooks = 0;
  }

  /** Said after each read. */
  paceFor(isInFrame: boolean): void {
    const pace = isInFrame ? IN_FRAME : BETWEEN_FRAMES;
    if (pace === this.#pace) return;
    this.#pace = pace;
    this.stop();
    this.#schedule();
  }

  stop(): void {
    this.#timers.cancel(this.#timer);
    this.#timer = 0;
  }

  /** Called by the timers. */
  expired(): void {
    this.#timer = 0;
    const { isKeptWaiting, unsentBytes } = this.#peer;
    const isTaking = unsentBytes !== this.#unsentBytes;
    this.#unsentBytes = unsentBytes;
    if (isKeptWaiting || isTaking) this.#silentLooks = 0;
    else this.#silentLooks++;
    if (this.#silentLooks > this.#pace.looks) this.#peer.timedOut();
    else this.#schedule();
  }

  #schedule(): void {
    const dueAtMs = coalesced(this.#timers.now() + this.#pace.lookMs, GRACE_MS);
    this.#timer = this.#timers.schedule(dueAtMs, this, 0);
  }
}
