import autocannon from "autocannon";
import { authorizationOf, PostedMessages, type PostTarget, postTargetOf } from "../drivers/http/posting.ts";
import { HarnessError } from "../errors.ts";
import type { BatchShape, LastSent, PrepareLoad, PublisherReport, StartLoad } from "../load/protocol.ts";
import { WindowRecorder } from "../load/windows.ts";
import { LatencyHistogram } from "../measure/histogram.ts";

/** After the last send, this long without any answer means that none will come. */
const ANSWER_TIMEOUT_MS = 10_000;
const SETTLE_POLL_MS = 5;
/** Longer than any load: the end comes from here, not from autocannon's own clock of whole seconds. */
const DURATION_S = 86_400;
const SUCCESS = 2;

export interface HttpPublisherDeps {
  readonly nowUs: () => number;
  readonly onLastSent: (message: LastSent) => void;
}

/** A connection of autocannon's; `destroy` is missing from its types. */
type Client = autocannon.Client & { destroy(): void };

interface Producer {
  readonly id: number;
  readonly target: PostTarget;
  sent: number;
  /** Of the request without an answer; null: there is none. */
  sentUs: number | null;
  readonly unconfirmed: number[];
  ended: boolean;
}

/** Posts messages through autocannon, a producer on each of its connections, with one request at a time. */
export class HttpPublisher {
  readonly batch: BatchShape;
  readonly #load: PrepareLoad;
  readonly #deps: HttpPublisherDeps;
  readonly #messages: PostedMessages;
  readonly #producers: readonly Producer[];
  readonly #publish = new LatencyHistogram();
  readonly #windows = new WindowRecorder();
  readonly #errors: Record<string, number> = {};
  #confirmed = 0;
  #firstSendUs = 0;
  #lastSendUs = 0;
  #lastAnswerUs = 0;
  #bytesLeft = 0;
  #stopping = false;
  #stopped: () => void = () => undefined;
  #end: () => void = () => undefined;

  /** Throws USAGE when the target was not started for HTTP. */
  constructor(load: PrepareLoad, deps: HttpPublisherDeps) {
    if (load.endpoint.http === undefined) {
      throw new HarnessError("USAGE", "the target has no address for HTTP");
    }
    const { payloadBytes } = load.parameters;
    this.#load = load;
    this.#deps = deps;
    this.#messages = new PostedMessages(load);
    this.#producers = load.producers.map((id) => ({
      id,
      target: postTargetOf(load, id),
      sent: 0,
      sentUs: null,
      unconfirmed: [],
      ended: false,
    }));
    this.batch = { records: 1, encodedBytes: payloadBytes, payloadBytes, compressionRatio: 1 };
  }

  get published(): number {
    return this.#producers.reduce((sum, { sent }) => sum + sent, 0);
  }

  get confirmed(): number {
    return this.#confirmed;
  }

  /** Resolves when posting has ended and every request is answered or given up. */
  async run(start: StartLoad): Promise<Omit<PublisherReport, "process">> {
    const { nowUs, onLastSent } = this.#deps;
    this.#bytesLeft = start.maxBytes;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, (start.startAtUs - nowUs()) / 1e3)));
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve;
    });
    this.#begin();
    const timer = setTimeout(() => this.stop(), start.durationMs);
    await stopped;
    clearTimeout(timer);
    onLastSent(this.#lastSent());
    await this.#settle();
    this.#end();
    return this.#report();
  }

  stop(): void {
    this.#stopping = true;
    this.#stopped();
  }

  close(): void {
    this.stop();
    this.#end();
  }

  #begin(): void {
    const { http } = this.#load.endpoint;
    const { contentType, path } = this.#producers[0]!.target;
    const waiting = [...this.#producers];
    const instance = autocannon(
      {
        url: `http://${http!.host}:${http!.port}${path}`,
        method: "POST",
        headers: { "Content-Type": contentType, Authorization: authorizationOf(this.#load) },
        connections: this.#producers.length,
        duration: DURATION_S,
        timeout: ANSWER_TIMEOUT_MS / 1e3,
        setupClient: (client) => this.#setUp(client as Client, waiting.shift()!),
      },
      () => undefined,
    );
    instance.on("reqError", (error) => this.#count(error.message));
    this.#end = () => instance.stop();
  }

  /** A connection's first request is built here, each further one when the answer to the one before has come. */
  #setUp(client: Client, producer: Producer): void {
    client.setRequests([
      {
        setupRequest: (request) => ({ ...request, body: this.#nextBody(producer) }),
        onResponse: (status, body) => {
          this.#answered(producer, status, body);
          if (!this.#stopping) return;
          producer.ended = true;
          client.destroy();
        },
      },
    ]);
  }

  #nextBody(producer: Producer): string {
    // autocannon still builds the request that would follow on a connection that has just been ended.
    if (producer.ended) return "";
    const { before, after } = producer.target;
    // The connection was lost, or the answer did not come in time.
    if (producer.sentUs !== null) producer.unconfirmed.push(producer.sent - 1);
    const sentUs = this.#deps.nowUs();
    const sequence = producer.sent++;
    producer.sentUs = sentUs;
    if (this.#firstSendUs === 0) this.#firstSendUs = sentUs;
    this.#lastSendUs = sentUs;
    this.#bytesLeft -= this.batch.encodedBytes;
    if (this.#bytesLeft < this.batch.encodedBytes) this.stop();
    return before + this.#messages.stamped(producer.id, sequence, sentUs) + after;
  }

  #answered(producer: Producer, status: number, body: string): void {
    const { sentUs } = producer;
    if (sentUs === null) return;
    const atUs = this.#deps.nowUs();
    producer.sentUs = null;
    this.#lastAnswerUs = atUs;
    const succeeded = Math.floor(status / 100) === SUCCESS;
    if (!succeeded || producer.target.judge(body) === "refused") {
      producer.unconfirmed.push(producer.sent - 1);
      this.#count(succeeded ? `REFUSED: ${body.slice(0, 200)}` : `HTTP ${status}: ${body.slice(0, 200)}`);
      return;
    }
    this.#confirmed++;
    this.#publish.record(atUs - sentUs);
    this.#windows.latencies.record(atUs - sentUs);
    this.#windows.count(atUs, 1);
  }

  #count(error: string): void {
    this.#errors[error] = (this.#errors[error] ?? 0) + 1;
  }

  async #settle(): Promise<void> {
    const deadlineUs = this.#deps.nowUs() + ANSWER_TIMEOUT_MS * 1e3;
    while (this.#producers.some(({ sentUs }) => sentUs !== null) && this.#deps.nowUs() < deadlineUs) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MS));
    }
  }

  #lastSent(): LastSent {
    const messagesByPartition: Record<number, number> = {};
    for (const { partition, publishedBatches } of this.#outcomes()) {
      messagesByPartition[partition] = (messagesByPartition[partition] ?? 0) + publishedBatches;
    }
    return {
      type: "lastSent",
      firstSendUs: Math.round(this.#firstSendUs),
      lastSendUs: Math.round(this.#lastSendUs),
      messagesByPartition,
    };
  }

  #outcomes(): PublisherReport["outcomes"] {
    const load = this.#load;
    const places = load.kind === "queues" ? load.parameters.queues : load.parameters.partitions;
    return this.#producers.map(({ id, sent, sentUs, unconfirmed }) => ({
      producer: id,
      partition: id % places,
      publishedBatches: sent,
      recordsPerBatch: 1,
      unconfirmedBatches: sentUs === null ? [...unconfirmed] : [...unconfirmed, sent - 1],
    }));
  }

  #report(): Omit<PublisherReport, "process"> {
    return {
      type: "published",
      firstSendUs: Math.round(this.#firstSendUs),
      lastSendUs: Math.round(this.#lastSendUs),
      lastConfirmUs: this.#lastAnswerUs === 0 ? null : Math.round(this.#lastAnswerUs),
      publishedMessages: this.published,
      confirmedMessages: this.#confirmed,
      encodedBytes: this.published * this.batch.encodedBytes,
      errors: this.#errors,
      outcomes: this.#outcomes(),
      histograms: {
        publish: this.#publish.count > 0 ? this.#publish.encode() : null,
        scheduleLag: null,
      },
      windows: this.#windows.finish(this.#deps.nowUs()),
      longestHoldMs: 0,
      blockedMs: 0,
    };
  }
}
