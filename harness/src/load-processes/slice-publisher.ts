import type { ProducerEvents, ProducerSession } from "../drivers/driver.ts";
import { HarnessError, invariant } from "../errors.ts";
import type { ProducerOutcome } from "../load/protocol.ts";
import { LatencySamples } from "./latency-samples.ts";
import { Outstanding } from "./outstanding.ts";
import type { OpenSession } from "./publisher.ts";

/** As in publisher.ts: what a producer may send before others and the event loop get their turn. */
const TURN_BATCHES = 64;
const TURN_BYTES = 64 * 1024;
/** So long without an answer means that none will come. */
const ANSWER_TIMEOUT_MS = 10_000;

interface Producer {
  readonly id: number;
  readonly session: ProducerSession;
  readonly outstanding: Outstanding;
  readonly refused: number[];
  readonly turnBatches: number;
  sent: number;
  woken: boolean;
}

export interface PlayedTurn {
  /** Confirmed. */
  readonly messages: number;
  readonly firstSendUs: number;
  /** Of the last confirmation; equal to firstSendUs where none came. */
  readonly lastConfirmUs: number;
  /** Number of its first latency among the samples. */
  readonly firstSample: number;
}

export interface SliceLimits {
  /** Partitions or queues: producer p writes to p % destinations. */
  readonly destinations: number;
  /** Encoded bytes, over all slices. */
  readonly maxBytes: number;
}

/**
 * The producers of one broker: silent but for its slices, in which they keep their windows full and then wait for every
 * answer. Nothing of theirs is in flight between slices.
 */
export class SlicePublisher {
  readonly samples = new LatencySamples();
  readonly errors: Record<string, number> = {};
  readonly #nowUs: () => number;
  readonly #producers: Producer[] = [];
  #limits: SliceLimits = { destinations: 1, maxBytes: 0 };
  #recordsPerBatch = 0;
  #batchBytes = 0;
  #published = 0;
  #confirmed = 0;
  #encodedBytes = 0;
  #sending = false;
  #endUs = 0;
  #open = 0;
  #firstSendUs = 0;
  #lastAnswerUs = 0;
  #drained: (() => void) | null = null;
  #failed: ((error: Error) => void) | null = null;
  #failure: HarnessError | null = null;

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
  }

  get published(): number {
    return this.#published;
  }

  get confirmed(): number {
    return this.#confirmed;
  }

  get encodedBytes(): number {
    return this.#encodedBytes;
  }

  get maxBytes(): number {
    return this.#limits.maxBytes;
  }

  /** No batch more fits into its limit. */
  get full(): boolean {
    return this.#encodedBytes + this.#batchBytes > this.#limits.maxBytes;
  }

  async open(ids: readonly number[], limits: SliceLimits, openSession: OpenSession): Promise<void> {
    this.#limits = limits;
    for (const id of ids) {
      const session = await openSession(id, this.#eventsOf(this.#producers.length));
      this.#producers.push({
        id,
        session,
        outstanding: new Outstanding(),
        refused: [],
        turnBatches: Math.max(TURN_BATCHES, Math.ceil(TURN_BYTES / session.batch.encodedBytes)),
        sent: 0,
        woken: false,
      });
      this.#recordsPerBatch = session.batch.records;
      this.#batchBytes = session.batch.encodedBytes;
    }
  }

  /** Sends for so long, then waits for the answers. Throws TARGET_UNREACHABLE when the broker is gone or falls silent. */
  async play(durationMs: number): Promise<PlayedTurn> {
    invariant(this.#open === 0 && !this.#sending, "a slice begins with nothing in flight");
    if (this.#failure) throw this.#failure;
    const confirmedBefore = this.#confirmed;
    const firstSample = this.samples.count;
    this.#firstSendUs = this.#nowUs();
    this.#lastAnswerUs = this.#firstSendUs;
    this.#sending = true;
    const over = new Promise<void>((resolve, reject) => {
      this.#drained = resolve;
      this.#failed = reject;
    });
    // A window that is not answered and a broker that takes no more get no turn in which the end would be seen.
    const timer = setTimeout(() => this.#stop(), Math.ceil(durationMs) + 1);
    const watchdog = setInterval(() => this.#checkSilence(), ANSWER_TIMEOUT_MS / 10);
    // However long this process stood still just now, every producer has one turn: a slice without messages measures nothing.
    this.#endUs = Infinity;
    for (const producer of this.#producers) this.#turn(producer);
    this.#endUs = this.#firstSendUs + durationMs * 1e3;
    try {
      await over;
    } finally {
      clearTimeout(timer);
      clearInterval(watchdog);
      this.#sending = false;
    }
    return {
      messages: this.#confirmed - confirmedBefore,
      firstSendUs: this.#firstSendUs,
      lastConfirmUs: this.#lastAnswerUs,
      firstSample,
    };
  }

  outcomes(): ProducerOutcome[] {
    return this.#producers.map(({ id, sent, refused, outstanding }) => ({
      producer: id,
      partition: id % this.#limits.destinations,
      publishedBatches: sent,
      recordsPerBatch: this.#recordsPerBatch,
      unconfirmedBatches: [...refused, ...outstanding.sequences()].sort((a, b) => a - b),
    }));
  }

  /** A slice that is being played fails. */
  close(): void {
    for (const { session } of this.#producers) session.close();
    this.#closed("we closed it");
  }

  #eventsOf(index: number): ProducerEvents {
    return {
      answered: (first, count, error) => this.#answered(this.#producers[index]!, first, count, error),
      writable: () => this.#wake(this.#producers[index]),
      closed: (reason) => this.#closed(reason),
    };
  }

  #answered(producer: Producer, first: number, count: number, error: string | null): void {
    const atUs = this.#nowUs();
    this.#lastAnswerUs = atUs;
    if (error === null) this.#confirmed += count * this.#recordsPerBatch;
    else this.errors[error] = (this.errors[error] ?? 0) + count;
    for (let sequence = first; sequence < first + count; sequence++) {
      const sentUs = producer.outstanding.take(sequence);
      invariant(sentUs !== undefined, `answer for batch ${sequence}, which is not outstanding`);
      if (error === null) this.samples.record(atUs - sentUs);
      else producer.refused.push(sequence);
    }
    this.#open -= count;
    if (!this.#sending || atUs >= this.#endUs) this.#stop();
    else this.#wake(producer);
  }

  #closed(reason: string): void {
    this.#fail(new HarnessError("TARGET_UNREACHABLE", `a producer's connection ended: ${reason}`));
  }

  #checkSilence(): void {
    const silentMs = (this.#nowUs() - this.#lastAnswerUs) / 1e3;
    if (silentMs < ANSWER_TIMEOUT_MS) return;
    const seconds = ANSWER_TIMEOUT_MS / 1e3;
    this.#fail(
      new HarnessError("TARGET_UNREACHABLE", `no answer for ${seconds} s, ${this.#open} batches in flight`),
    );
  }

  #fail(failure: HarnessError): void {
    this.#failure ??= failure;
    this.#sending = false;
    this.#failed?.(this.#failure);
  }

  /** Answers that arrive together lead to one turn of sends. */
  #wake(producer: Producer | undefined): void {
    if (producer === undefined || producer.woken || !this.#sending) return;
    producer.woken = true;
    process.nextTick(() => this.#turn(producer));
  }

  #turn(producer: Producer): void {
    producer.woken = false;
    const { session } = producer;
    let left = producer.turnBatches;
    while (left > 0 && this.#sending && session.ready()) {
      const sentUs = this.#nowUs();
      if (sentUs >= this.#endUs || this.full) {
        this.#sending = false;
        break;
      }
      this.#send(producer, sentUs);
      left--;
    }
    session.flush();
    if (!this.#sending) this.#stop();
    else if (left === 0) {
      producer.woken = true;
      setImmediate(() => this.#turn(producer));
    }
  }

  #send(producer: Producer, sentUs: number): void {
    const { session, sent } = producer;
    session.send(sent, sentUs, sentUs);
    producer.outstanding.add(sent, sentUs);
    producer.sent++;
    this.#open++;
    this.#published += this.#recordsPerBatch;
    this.#encodedBytes += session.batch.encodedBytes;
  }

  /** The slice is over as soon as nothing is in flight. */
  #stop(): void {
    this.#sending = false;
    if (this.#open === 0) this.#drained?.();
  }
}
