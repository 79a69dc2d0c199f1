/** AMQP 4.2.7: something is sent at least every interval, and a peer silent for two is taken for dead. */
import type { TimerTarget, Timers } from "../../mechanisms/timers.ts";

export interface HeartbeatPeer {
  /** Something was sent since it was asked last. */
  takeHasSent(): boolean;
  /** The broker itself is not reading, so silence means nothing. */
  readonly isHeldByUs: boolean;
  sendHeartbeat(): void;
  heartbeatMissed(): void;
}

const LOOKS_PER_INTERVAL = 2;
const MISSED_INTERVALS = 2;

export class Heartbeat implements TimerTarget {
  readonly #timers: Timers;
  readonly #peer: HeartbeatPeer;
  readonly #lookMs: number;
  #timer = 0;
  #silentLooks = 0;

  constructor(timers: Timers, peer: HeartbeatPeer, intervalSeconds: number) {
    this.#timers = timers;
    this.#peer = peer;
    this.#lookMs = (intervalSeconds * 1000) / LOOKS_PER_INTERVAL;
    this.#schedule();
  }

  received(): void {
    this.#silentLooks = 0;
  }

  stop(): void {
    this.#timers.cancel(this.#timer);
    this.#timer = 0;
  }

  /** Called by the timers. */
  expired(): void {
    if (this.#peer.isHeldByUs) this.#silentLooks = 0;
    else this.#silentLooks++;
    if (this.#silentLooks > LOOKS_PER_INTERVAL * MISSED_INTERVALS) {
      this.#peer.heartbeatMissed();
      return;
    }
    if (!this.#peer.takeHasSent()) this.#peer.sendHeartbeat();
    this.#schedule();
  }

  #schedule(): void {
    this.#timer = this.#timers.schedule(this.#timers.now() + this.#lookMs, this, 0);
  }
}
