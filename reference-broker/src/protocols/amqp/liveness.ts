/**
 * Whether a connection is alive: heartbeats both ways (AMQP 4.2.7: something is sent at least every interval, and a peer
 * silent for two is taken for dead), and the deadline of the handshake or of the wait for close-ok.
 */
import { coalesced, type TimerTarget, type Timers } from "../../mechanisms/timers.ts";

export interface LivenessPeer {
  /** Something was sent since it was asked last. */
  takeHasSent(): boolean;
  /** The broker itself is not reading, so silence means nothing. */
  readonly isHeldByUs: boolean;
  sendHeartbeat(): void;
  heartbeatMissed(): void;
  deadlinePassed(): void;
}

const LOOKS_PER_INTERVAL = 2;
const MISSED_INTERVALS = 2;
/** What a look may come late, so that many connections share a wake: a part of the time between two, and no more than this. */
const LATE_PART = 1 / 16;
const LATE_LIMIT_MS = 250;

/** Payloads of its timers. */
const DEADLINE = 0;
const LOOK = 1;

export class Liveness implements TimerTarget {
  readonly #timers: Timers;
  readonly #peer: LivenessPeer;
  #deadline = 0;
  #look = 0;
  #lookMs = 0;
  #silentLooks = 0;

  constructor(timers: Timers, peer: LivenessPeer) {
    this.#timers = timers;
    this.#peer = peer;
  }

  startHeartbeats(intervalSeconds: number): void {
    this.#lookMs = (intervalSeconds * 1000) / LOOKS_PER_INTERVAL;
    this.#scheduleLook();
  }

  stopHeartbeats(): void {
    this.#timers.cancel(this.#look);
    this.#look = 0;
  }

  received(): void {
    this.#silentLooks = 0;
  }

  /** In place of the one before. */
  setDeadline(limitMs: number): void {
    this.clearDeadline();
    this.#deadline = this.#timers.schedule(this.#timers.now() + limitMs, this, DEADLINE);
  }

  clearDeadline(): void {
    this.#timers.cancel(this.#deadline);
    this.#deadline = 0;
  }

  /** Called by the timers. */
  expired(payload: number): void {
    if (payload === LOOK) {
      this.#lookAt();
      return;
    }
    this.#deadline = 0;
    this.#peer.deadlinePassed();
  }

  #lookAt(): void {
    this.#look = 0;
    if (this.#peer.isHeldByUs) this.#silentLooks = 0;
    else this.#silentLooks++;
    if (this.#silentLooks > LOOKS_PER_INTERVAL * MISSED_INTERVALS) {
      this.#peer.heartbeatMissed();
      return;
    }
    if (!this.#peer.takeHasSent()) this.#peer.sendHeartbeat();
    this.#scheduleLook();
  }

  #scheduleLook(): void {
    const graceMs = Math.min(LATE_LIMIT_MS, this.#lookMs * LATE_PART);
    const dueAtMs = coalesced(this.#timers.now() + this.#lookMs, graceMs);
    this.#look = this.#timers.schedule(dueAtMs, this, LOOK);
  }
}
