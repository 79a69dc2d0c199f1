import type { ProducerEvents, ProducerSession } from "../drivers/driver.ts";
import { invariant } from "../errors.ts";
import { LatencyHistogram } from "../measure/histogram.ts";
import { type Deadlines, deadlineUs } from "../load/deadlines.ts";
import { nodePacerClock, Pacer } from "../load/pacer.ts";
import type { LastSent, ProducerOutcome, PublisherReport, StartLoad } from "../load/protocol.ts";
import { type ProducerSchedule, scheduleOf } from "../load/schedule.ts";
import { WindowRecorder } from "../load/windows.ts";
import { Outstanding } from "./outstanding.ts";

/** What a producer may send before others and the event loop get their turn: so many batches, or bytes if they are small. */
const TURN_BATCHES = 64;
const TURN_BYTES = 64 * 1024;
/** After the last send, this long without any answer means that none will come. */
const ANSWER_TIMEOUT_US = 10e6;
const SETTLE_POLL_MS = 5;
/** The pacer looks at least this often, so that it ends soon after the load does. */
const MAX_PAUSE_US = 100e3;

interface Producer {
  readonly id: number;
  readonly session: ProducerSession;
  readonly schedule: ProducerSchedule | null;
  readonly outstanding: Outstanding;
  readonly refused: number[];
  readonly turnBatches: number;
  sent: number;
  woken: boolean;
  closed: boolean;
  /** Since when nothing more may be sent: the window is full, or the broker reads no more. 0: it may. */
  heldSinceUs: number;
}

/** What of a load concerns publishers, whatever it is carried over. */
export interface PublishParameters {
  readonly producers: number;
  /** Partitions or queues: producer p writes to p % destinations. */
  readonly destinations: number;
  readonly ratePerSecond: number | null;
  readonly lingerMs: number;
  /** The broker answers each batch. */
  readonly confirms: boolean;
  /** Closed loop only: what is stamped as the intended time is when the message is due. */
  readonly deadlines?: Deadlines | undefined;
}

export interface PublisherOptions {
  readonly parameters: PublishParameters;
  readonly nowUs: () => number;
  readonly onLastSent: (message: LastSent) => void;
}

/** Opens a producer's session; the events are the publisher's. */
export type OpenSession = (producer: number, events: ProducerEvents) => Promise<ProducerSession>;

/**
 * Sends through all producers of this process, as the schedule says or as fast as the window of unanswered batches
 * allows. Work is per batch, which over AMQP is a message.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #producers: Producer[] = [];
  readonly #scheduleLag = new LatencyHistogram();
  readonly #windows = new WindowRecorder();
  readonly #errors: Record<string, number> = {};
  #recordsPerBatch = 0;
  #startAtUs = 0;
  #endAtUs = 0;
  #maxBytes = 0;
  #encodedBytes = 0;
  #firstSendUs = 0;
  #lastSendUs = 0;
  #lastAnswerUs = 0;
  #longestHoldUs = 0;
  #published = 0;
  #confirmed = 0;
  #sending = false;
  #stopped: (() => void) | null = null;
  readonly #pacer: Pacer;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#pacer = new Pacer({ nowUs: options.nowUs, ...nodePacerClock }, (atUs) => this.#sendAllDue(atUs));
  }

  async open(ids: readonly number[], openSession: OpenSession): Promise<void> {
    const { parameters } = this.#options;
    for (const id of ids) {
      const session = await openSession(id, this.#eventsOf(this.#producers.length));
      const { records } = session.batch;
      const { ratePerSecond } = parameters;
      const schedule =
        ratePerSecond === null ? null : scheduleOf({ ...parameters, ratePerSecond }, id, records);
      this.#producers.push({
        id,
        session,
        schedule,
        outstanding: new Outstanding(),
        refused: [],
        turnBatches: Math.max(TURN_BATCHES, Math.ceil(TURN_BYTES / session.batch.encodedBytes)),
        sent: 0,
        woken: false,
        closed: false,
        heldSinceUs: 0,
      });
      this.#recordsPerBatch = records;
    }
  }

  get published(): number {
    return this.#published;
  }

  /** Without confirms what was published counts. */
  get confirmed(): number {
    return this.#options.parameters.confirms ? this.#confirmed : this.#published;
  }

  /** Resolves when sending has ended and every batch is answered or given up. */
  async run(start: StartLoad): Promise<Omit<PublisherReport, "process">> {
    const { nowUs, parameters } = this.#options;
    this.#startAtUs = start.startAtUs;
    this.#endAtUs = start.startAtUs + start.durationMs * 1e3;
    this.#maxBytes = start.maxBytes;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, (start.startAtUs - nowUs()) / 1e3)));
    this.#sending = true;
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve;
    });
    const timer = setTimeout(() => this.stop(), Math.max(0, (this.#endAtUs - nowUs()) / 1e3));
    if (parameters.ratePerSecond === null) for (const producer of this.#producers) this.#wake(producer);
    else this.#pacer.run();
    await stopped;
    clearTimeout(timer);
    this.#recordUnsent();
    this.#options.onLastSent(this.#lastSent());
    await this.#settle();
    return this.#report();
  }

  /** Ends the connections of all producers. */
  close(): void {
    for (const { session } of this.#producers) session.close();
  }

  stop(): void {
    if (!this.#sending) return;
    this.#sending = false;
    this.#stopped?.();
  }

  #eventsOf(index: number): ProducerEvents {
    return {
      answered: (first, count, error) => this.#answered(this.#producers[index]!, first, count, error),
      writable: () => this.#wake(this.#producers[index]!),
      closed: (reason) => this.#closed(this.#producers[index], reason),
    };
  }

  #answered(producer: Producer, first: number, count: number, error: string | null): void {
    const atUs = this.#options.nowUs();
    this.#lastAnswerUs = atUs;
    const records = this.#recordsPerBatch;
    if (error === null) {
      this.#confirmed += count * records;
      this.#windows.count(atUs, count * records);
    } else this.#errors[error] = (this.#errors[error] ?? 0) + count;
    for (let sequence = first; sequence < first + count; sequence++) {
      const sentUs = producer.outstanding.take(sequence);
      invariant(sentUs !== undefined, `answer for batch ${sequence}, which is not outstanding`);
      if (error === null) {
        this.#windows.latencies.record(atUs - sentUs, records);
      } else producer.refused.push(sequence);
    }
    this.#wake(producer);
  }

  #closed(producer: Producer | undefined, reason: string): void {
    if (producer) producer.closed = true;
    const error = `CONNECTION_CLOSED: ${reason}`;
    this.#errors[error] = (this.#errors[error] ?? 0) + 1;
    if (this.#producers.every((each) => each.closed)) this.stop();
  }

  /** Answers that arrive together lead to one turn of sends. */
  #wake(producer: Producer): void {
    if (producer.woken || !this.#sending) return;
    producer.woken = true;
    process.nextTick(() => this.#turn(producer));
  }

  #turn(producer: Producer): void {
    producer.woken = false;
    const { session, schedule } = producer;
    let left = producer.turnBatches;
    while (left > 0 && this.#maySend(producer)) {
      const sentUs = this.#options.nowUs();
      const dueUs = schedule === null ? sentUs : this.#startAtUs + schedule.dueUs(producer.sent);
      // The schedule ends with the load, however late this process is told so.
      if (schedule !== null && dueUs >= this.#endAtUs) break;
      if (dueUs > sentUs) {
        // The pacer left out a producer that could not send, and it can now.
        this.#pacer.hasten(dueUs);
        break;
      }
      this.#send(producer, sentUs);
      left--;
    }
    session.flush();
    if (producer.heldSinceUs === 0 && !session.ready()) producer.heldSinceUs = this.#options.nowUs();
    if (left > 0 || !this.#sending) return;
    producer.woken = true;
    setImmediate(() => this.#turn(producer));
  }

  #maySend(producer: Producer): boolean {
    if (!this.#sending || producer.closed || !producer.session.ready()) return false;
    if (this.#encodedBytes + producer.session.batch.encodedBytes <= this.#maxBytes) return true;
    this.stop();
    return false;
  }

  #send(producer: Producer, sentUs: number): void {
    const { session, schedule, sent } = producer;
    const intendedUs =
      schedule === null ? this.#dueUs(sent, sentUs) : this.#startAtUs + schedule.intendedUs(sent);
    if (this.#published === 0) this.#firstSendUs = sentUs;
    if (producer.heldSinceUs > 0) {
      this.#longestHoldUs = Math.max(this.#longestHoldUs, sentUs - producer.heldSinceUs);
      producer.heldSinceUs = 0;
    }
    if (schedule !== null) {
      this.#scheduleLag.record(sentUs - this.#startAtUs - schedule.dueUs(sent), this.#recordsPerBatch);
    }
    session.send(sent, intendedUs, sentUs);
    if (this.#options.parameters.confirms) producer.outstanding.add(sent, sentUs);
    else this.#windows.count(sentUs, this.#recordsPerBatch);
    producer.sent++;
    this.#lastSendUs = sentUs;
    this.#published += this.#recordsPerBatch;
    this.#encodedBytes += session.batch.encodedBytes;
  }

  #dueUs(sequence: number, sentUs: number): number {
    const { deadlines } = this.#options.parameters;
    return deadlines === undefined ? sentUs : deadlineUs(deadlines, this.#startAtUs, sequence, sentUs);
  }

  /** Returns when the next batch of any producer is due. */
  #sendAllDue(atUs: number): number | null {
    if (!this.#sending) return null;
    let nextUs = Number.POSITIVE_INFINITY;
    for (const producer of this.#producers) {
      if (!producer.woken) this.#turn(producer);
      // One that waits for an answer or for the kernel is woken by it.
      if (producer.closed || !producer.session.ready()) continue;
      nextUs = Math.min(nextUs, this.#startAtUs + producer.schedule!.dueUs(producer.sent));
    }
    return Math.min(Math.max(nextUs, atUs), atUs + MAX_PAUSE_US);
  }

  /** What was due before the end and could not be sent lags at least until now. */
  #recordUnsent(): void {
    const untilUs = Math.min(this.#options.nowUs(), this.#endAtUs);
    for (const { schedule, sent } of this.#producers) {
      if (schedule === null) continue;
      for (let sequence = sent; ; sequence++) {
        const lagUs = untilUs - this.#startAtUs - schedule.dueUs(sequence);
        if (lagUs <= 0) break;
        this.#scheduleLag.record(lagUs, this.#recordsPerBatch);
      }
    }
  }

  async #settle(): Promise<void> {
    const { nowUs } = this.#options;
    let waitedFrom = nowUs();
    let queued = Number.POSITIVE_INFINITY;
    for (;;) {
      const live = this.#producers.filter((each) => !each.closed);
      const queuedNow = live.reduce((sum, each) => sum + each.session.queuedBytes(), 0);
      if (queuedNow === 0 && live.every((each) => each.outstanding.size === 0)) return;
      if (queuedNow < queued) waitedFrom = nowUs();
      queued = queuedNow;
      if (nowUs() - Math.max(waitedFrom, this.#lastAnswerUs) > ANSWER_TIMEOUT_US) return;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MS));
    }
  }

  #lastSent(): LastSent {
    const messagesByPartition: Record<number, number> = {};
    for (const { partition, publishedBatches, recordsPerBatch } of this.#outcomes()) {
      messagesByPartition[partition] =
        (messagesByPartition[partition] ?? 0) + publishedBatches * recordsPerBatch;
    }
    return {
      type: "lastSent",
      firstSendUs: Math.round(this.#firstSendUs),
      lastSendUs: Math.round(this.#lastSendUs),
      messagesByPartition,
    };
  }

  #outcomes(): ProducerOutcome[] {
    const { destinations } = this.#options.parameters;
    return this.#producers.map((producer) => ({
      producer: producer.id,
      partition: producer.id % destinations,
      publishedBatches: producer.sent,
      recordsPerBatch: this.#recordsPerBatch,
      unconfirmedBatches: [...producer.refused, ...producer.outstanding.sequences()].sort((a, b) => a - b),
    }));
  }

  #report(): Omit<PublisherReport, "process"> {
    const outcomes = this.#outcomes();
    const windows = this.#windows.finish(this.#options.nowUs());
    const publish = this.#windows.total;
    return {
      type: "published",
      firstSendUs: Math.round(this.#firstSendUs),
      lastSendUs: Math.round(this.#lastSendUs),
      lastConfirmUs: this.#lastAnswerUs === 0 ? null : Math.round(this.#lastAnswerUs),
      publishedMessages: this.#published,
      confirmedMessages: this.confirmed,
      encodedBytes: this.#encodedBytes,
      errors: this.#errors,
      outcomes,
      histograms: {
        publish: publish.count > 0 ? publish.encode() : null,
        scheduleLag: this.#scheduleLag.count > 0 ? this.#scheduleLag.encode() : null,
      },
      windows,
      longestHoldMs: Math.round(this.#longestHoldUs / 1e3),
      blockedMs: Math.round(Math.max(0, ...this.#producers.map(({ session }) => session.blockedUs())) / 1e3),
    };
  }
}
