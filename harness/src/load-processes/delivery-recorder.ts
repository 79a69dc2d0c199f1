import { LatencyHistogram } from "../measure/histogram.ts";
import type { ConsumerReport } from "../load/protocol.ts";
import { WindowRecorder } from "../load/windows.ts";

/** When messages came and how late they were, over all readers of a process. */
export class DeliveryRecorder {
  readonly #openLoop: boolean;
  readonly #service = new LatencyHistogram();
  readonly #windows = new WindowRecorder();
  #firstUs: number | null = null;
  #lastUs: number | null = null;

  /** Only in open loop is there an intended time to measure from. */
  constructor(openLoop: boolean) {
    this.#openLoop = openLoop;
  }

  /** Messages that came for the first time. */
  delivered(arrivedUs: number, messages: number): void {
    this.#firstUs ??= arrivedUs;
    this.#lastUs = this.#lastUs === null ? arrivedUs : Math.max(this.#lastUs, arrivedUs);
    this.#windows.count(arrivedUs, messages);
  }

  /** From intended and from actual send, microseconds. */
  response(responseUs: number): void {
    this.#windows.latencies.record(responseUs);
  }

  service(serviceUs: number, messages: number): void {
    this.#service.record(serviceUs, messages);
  }

  report(
    nowUs: number,
  ): Pick<ConsumerReport, "firstDeliveryUs" | "lastDeliveryUs" | "histograms" | "windows"> {
    const windows = this.#windows.finish(nowUs);
    return {
      firstDeliveryUs: rounded(this.#firstUs),
      lastDeliveryUs: rounded(this.#lastUs),
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
