import { LatencyHistogram } from "../measure/histogram.ts";
import type { ConsumerReport } from "../load/protocol.ts";
import { WindowRecorder } from "../load/windows.ts";
import type { BacklogWatch } from "./backlog-watch.ts";

/** When messages came and how late they were, over all readers of a process. */
export class DeliveryRecorder {
  readonly #openLoop: boolean;
  readonly #backlog: BacklogWatch | null;
  readonly #service = new LatencyHistogram();
  readonly #windows = new WindowRecorder();
  #early = 0;
  #earliestUs = 0;
  #firstUs: number | null = null;
  #lastUs: number | null = null;

  /** Only in open loop is there an intended time to measure from. `backlog`: what waited is told from what comes live. */
  constructor(openLoop: boolean, backlog: BacklogWatch | null = null) {
    this.#openLoop = openLoop;
    this.#backlog = backlog;
  }

  /** Messages that came for the first time. */
  delivered(arrivedUs: number, messages: number): void {
    this.#firstUs ??= arrivedUs;
    this.#lastUs = this.#lastUs === null ? arrivedUs : Math.max(this.#lastUs, arrivedUs);
    this.#windows.count(arrivedUs, messages);
  }

  /** Messages of the backlog, come for the first time. */
  backlogDelivered(arrivedUs: number): void {
    this.#backlog?.backlogDelivered(arrivedUs);
  }

  /** What arrived so far and what arrives from now on are not to be in one window. */
  mark(atUs: number): void {
    this.#windows.split(atUs);
  }

  /** From intended and from actual send, microseconds. */
  response(responseUs: number): void {
    if (responseUs < 0) {
      this.#early++;
      this.#earliestUs = Math.min(this.#earliestUs, responseUs);
    }
    this.#windows.latencies.record(responseUs);
  }

  service(arrivedUs: number, serviceUs: number, messages: number): void {
    this.#service.record(serviceUs, messages);
    if (this.#backlog?.liveDelivered(arrivedUs, serviceUs)) this.#windows.split(arrivedUs);
  }

  report(
    nowUs: number,
  ): Pick<
    ConsumerReport,
    "firstDeliveryUs" | "lastDeliveryUs" | "backlog" | "early" | "histograms" | "windows"
  > {
    const windows = this.#windows.finish(nowUs);
    return {
      firstDeliveryUs: rounded(this.#firstUs),
      lastDeliveryUs: rounded(this.#lastUs),
      ...(this.#backlog === null ? {} : { backlog: this.#backlog.report() }),
      early: { messages: this.#early, mostUs: Math.round(-this.#earliestUs) },
      histograms: {
        response: this.#openLoop ? this.#windows.total.encode() : null,
        service: this.#openLoop ? this.#service.encode() : null,
      },
      windows,
    };
  }
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
