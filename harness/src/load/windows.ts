import { LatencyHistogram } from "../measure/histogram.ts";
import type { LoadWindow } from "./protocol.ts";

const WINDOW_US = 1e6;

/** Messages and latencies in windows of a second, beginning with the first. */
export class WindowRecorder {
  readonly #windows: LoadWindow[] = [];
  readonly #current = new LatencyHistogram();
  #startUs: number | null = null;
  #messages = 0;

  get latencies(): LatencyHistogram {
    return this.#current;
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
    if (this.#messages > 0) this.#close(atUs);
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
    this.#current.reset();
    this.#messages = 0;
    this.#startUs = atUs;
  }
}
