import { LatencyHistogram } from "../measure/histogram.ts";
import type { LoadWindow } from "./protocol.ts";

const WINDOW_US = 1e6;

/** Messages and latencies in windows of a second, beginning with the first; a latency is recorded once and added up. */
export class WindowRecorder {
  readonly #windows: LoadWindow[] = [];
  readonly #current = new LatencyHistogram();
  readonly #total = new LatencyHistogram();
  #startUs: number | null = null;
  #messages = 0;

  /** Of the window that is open: what to record into. */
  get latencies(): LatencyHistogram {
    return this.#current;
  }

  /** Of all windows that are closed. */
  get total(): LatencyHistogram {
    return this.#total;
  }

  count(atUs: number, messages: number): void {
    this.#startUs ??= atUs;
    if (atUs - this.#startUs >= WINDOW_US) this.#close(atUs);
    this.#messages += messages;
  }

  /** Ends the window before its time, so that what follows is told apart. */
  split(atUs: number): void {
    if (this.#startUs !== null && atUs > this.#startUs) this.#close(atUs);
  }

  finish(atUs: number): readonly LoadWindow[] {
    if (this.#messages > 0 || this.#current.count > 0) this.#close(atUs);
    return this.#windows;
  }

  #close(atUs: number): void {
    const startUs = this.#startUs ?? atUs;
    this.#windows.push({
      atUs: Math.round(startUs),
      durationUs: Math.round(atUs - startUs),
      messages: this.#messages,
      histogram: this.#current.count > 0 ? this.#current.encode() : null,
    });
    this.#total.add(this.#current);
    this.#current.reset();
    this.#messages = 0;
    this.#startUs = atUs;
  }
}
