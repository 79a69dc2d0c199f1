/** GET /metrics, as Prometheus does it, and how long the broker takes over it. */
import { HarnessError } from "../../errors.ts";
import type { Endpoint } from "../../load/protocol.ts";

const TIMEOUT_MS = 10_000;

export interface Scrape {
  readonly tookUs: number;
  readonly bytes: number;
}

export class MetricsScraper {
  readonly #url: string;
  readonly #nowUs: () => number;

  constructor(http: NonNullable<Endpoint["http"]>, nowUs: () => number) {
    this.#url = `http://${http.host}:${http.metricsPort}/metrics`;
    this.#nowUs = nowUs;
  }

  /** Throws TARGET_UNREACHABLE, DRIVER_PROTOCOL where the answer is no success. */
  async scrape(): Promise<Scrape> {
    const beganUs = this.#nowUs();
    let status: number;
    let bytes: number;
    try {
      const answer = await fetch(this.#url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      status = answer.status;
      bytes = (await answer.arrayBuffer()).byteLength;
    } catch (cause) {
      throw new HarnessError("TARGET_UNREACHABLE", `${this.#url}: ${(cause as Error).message}`, { cause });
    }
    if (status !== 200) throw new HarnessError("DRIVER_PROTOCOL", `${this.#url} answered ${status}`);
    return { tookUs: this.#nowUs() - beganUs, bytes };
  }

  /** One scrape after another, `everyMs` apart, until `until` settles. Throws what `scrape` throws. */
  async scrapeUntil(until: Promise<unknown>, everyMs: number): Promise<Scrape[]> {
    const scrapes: Scrape[] = [];
    let over = false;
    const ended = until.then(
      () => (over = true),
      () => (over = true),
    );
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const pause = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, everyMs);
      });
      await Promise.race([ended, pause]);
      clearTimeout(timer);
      if (over) return scrapes;
      scrapes.push(await this.scrape());
    }
  }
}
