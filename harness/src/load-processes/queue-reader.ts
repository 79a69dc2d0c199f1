import { AmqpAdmin } from "../drivers/amqp/admin.ts";
import { AmqpConsumeSession, type DeliveryHandler } from "../drivers/amqp/consume-session.ts";
import { readQueueName } from "../drivers/amqp/names.ts";
import { HarnessError, invariant } from "../errors.ts";
import { checksum, MIN_VALUE_BYTES, STAMP } from "../integrity/message.ts";
import { type ConsumerOrder, type DropRule, NO_DROPS, QueueLedger } from "../integrity/queue-ledger.ts";
import type { FinishReading, PrepareQueueLoad, ProducerOutcome } from "../load/protocol.ts";
import { hasTimes, isSlow, queuesOf } from "../load/queue-load.ts";
import type { DeliveryRecorder } from "./delivery-recorder.ts";
import type { Reader, ReaderOutcome } from "./reader.ts";

const POLL_MS = 10;
/** All is there: what comes now would be a duplicate, and would not keep us waiting. */
const COMPLETE_AFTER_US = 100e3;
/** Something is missing: this long without anything new means that it will not come. */
const SETTLED_AFTER_US = 2e6;
/** Of its pause a slow reader reads for this share. */
const READING_SHARE = 0.1;

/** All consumers of one queue. */
export class QueueReader implements Reader {
  readonly #prepare: PrepareQueueLoad;
  readonly #queue: number;
  readonly #nowUs: () => number;
  readonly #recorder: DeliveryRecorder;
  readonly #ledger: QueueLedger;
  readonly #slow: boolean;
  readonly #sessions: AmqpConsumeSession[] = [];
  #consuming = false;
  #ended: string | null = null;
  #failure: Error | null = null;
  #lastArrivalUs: number;
  #pacing: NodeJS.Timeout | null = null;
  #startedUs: number;
  #finishing = false;

  constructor(prepare: PrepareQueueLoad, queue: number, nowUs: () => number, recorder: DeliveryRecorder) {
    const { parameters, runId, topic, producers, live } = prepare;
    const own = [...producers, ...(live?.producers ?? [])].filter((producer) =>
      queuesOf(parameters, producer).includes(queue),
    );
    this.#prepare = prepare;
    this.#queue = queue;
    this.#nowUs = nowUs;
    this.#recorder = recorder;
    this.#slow = isSlow(parameters, queue);
    this.#ledger = new QueueLedger(runId, own, `queue ${readQueueName(topic, queue, parameters)}`);
    this.#lastArrivalUs = nowUs();
    this.#startedUs = this.#lastArrivalUs;
  }

  get delivered(): number {
    return this.#slow ? 0 : this.#ledger.delivered;
  }

  async open(): Promise<void> {
    const { endpoint, topic, parameters, readsAlong, live } = this.#prepare;
    const { consumersPerQueue, prefetch, ackEvery } = parameters;
    const queue = readQueueName(topic, this.#queue, parameters);
    for (let consumer = 0; consumer < consumersPerQueue; consumer++) {
      const recorder = this.#slow ? null : this.#recorder;
      const timed = live?.producers ?? (hasTimes(parameters) ? "all" : null);
      const handler = new QueueConsumer(this.#ledger, recorder, timed, {
        arrived: (arrivedUs) => {
          this.#lastArrivalUs = arrivedUs;
          this.#keepPace(arrivedUs);
        },
        ended: (reason) => this.#onEnded(reason),
      });
      this.#sessions.push(await AmqpConsumeSession.open({ endpoint, queue, prefetch, ackEvery }, handler));
    }
    if (readsAlong) await this.#consume();
  }

  start(): void {
    this.#startedUs = this.#nowUs();
    if (!this.#consuming) this.#consume().catch((error: Error) => (this.#failure = error));
    if (this.#slow) this.#pause();
  }

  async finish(message: FinishReading): Promise<ReaderOutcome> {
    if (!this.#consuming) await this.#consume();
    this.#finishing = true;
    this.#readFreely();
    const published = message.published.filter(({ producer }) =>
      queuesOf(this.#prepare.parameters, producer).includes(this.#queue),
    );
    const deadlineUs = this.#nowUs() + message.timeoutMs * 1e3;
    this.#lastArrivalUs = Math.max(this.#lastArrivalUs, this.#nowUs() - COMPLETE_AFTER_US);
    let timedOut = false;
    while (!timedOut && !this.#isDone(published)) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      timedOut = this.#nowUs() > deadlineUs;
    }
    if (this.#failure) throw this.#failure;
    await this.#settle();
    this.close();
    const { slow, ended } = { slow: this.#slow, ended: this.#ended };
    return { ...this.#ledger.finish(published, this.#dropRule()), timedOut, slow, ended };
  }

  close(): void {
    if (this.#pacing) clearTimeout(this.#pacing);
    this.#consuming = false;
    for (const session of this.#sessions) session.close();
  }

  async #consume(): Promise<void> {
    this.#consuming = true;
    for (const session of this.#sessions) await session.consume();
  }

  #isDone(published: readonly ProducerOutcome[]): boolean {
    if (this.#ended !== null || this.#failure !== null) return true;
    const quietUs = this.#nowUs() - this.#lastArrivalUs;
    if (quietUs >= SETTLED_AFTER_US) return true;
    if (quietUs < COMPLETE_AFTER_US || this.#ledger.delivered < confirmedOf(published)) return false;
    return this.#ledger.missing(published) === 0;
  }

  /** With acks: the broker has seen the last of them, and the queue is empty once its consumers are gone. */
  async #settle(): Promise<void> {
    const { parameters, endpoint, topic } = this.#prepare;
    if (parameters.prefetch === 0 || this.#ended !== null) return;
    for (const session of this.#sessions) await session.settle();
    this.close();
    await using admin = await AmqpAdmin.connect(endpoint);
    const left = await admin.depth(topic, this.#queue);
    if (left > 0) this.#ledger.leftover(left);
  }

  #onEnded(reason: string): void {
    if (!this.#consuming || this.#ended !== null) return;
    this.#ended = reason;
    if (this.#slow) return;
    const message = `connection ended while consuming: ${reason}`;
    this.#failure = new HarnessError("TARGET_UNREACHABLE", message);
  }

  #pause(): void {
    const { slow } = this.#prepare.parameters;
    invariant(slow !== null, "only a slow reader pauses");
    for (const session of this.#sessions) session.pause();
    if (slow.pauseMs > 0) this.#pacing = setTimeout(() => this.#resume(slow.pauseMs), slow.pauseMs);
  }

  #resume(pauseMs: number): void {
    for (const session of this.#sessions) session.resume();
    this.#pacing = setTimeout(() => this.#pause(), pauseMs * READING_SHARE);
  }

  /** Reads no more until what it has taken is no more than its rate allows. */
  #keepPace(arrivedUs: number): void {
    const { readPerSecond } = this.#prepare.parameters;
    if (readPerSecond === undefined || this.#finishing || this.#pacing !== null) return;
    const waitMs = (this.#startedUs - arrivedUs) / 1e3 + (this.#ledger.delivered / readPerSecond) * 1e3;
    if (waitMs < 1) return;
    for (const session of this.#sessions) session.pause();
    this.#pacing = setTimeout(() => {
      this.#pacing = null;
      for (const session of this.#sessions) session.resume();
    }, waitMs);
  }

  #readFreely(): void {
    const { readPerSecond } = this.#prepare.parameters;
    if (!this.#slow && readPerSecond === undefined) return;
    if (this.#pacing) clearTimeout(this.#pacing);
    this.#pacing = null;
    // What was held back comes now, so it is not quiet yet.
    this.#lastArrivalUs = this.#nowUs();
    for (const session of this.#sessions) session.resume();
  }

  #dropRule(): DropRule {
    const { slow } = this.#prepare.parameters;
    if (!this.#slow || slow === null) return NO_DROPS;
    const { policy, maxLength } = slow;
    if (policy === "drop-head") return { drops: "oldest", maxLength };
    if (policy === "drop-new") return { drops: "newest", maxLength };
    // A consumer that was disconnected reads no more, whatever its queue still holds.
    return policy === "disconnect-consumer" && this.#ended !== null ? { drops: "any", maxLength } : NO_DROPS;
  }
}

function confirmedOf(published: readonly ProducerOutcome[]): number {
  return published.reduce((sum, each) => sum + each.publishedBatches - each.unconfirmedBatches.length, 0);
}

interface ConsumerEvents {
  arrived(arrivedUs: number): void;
  ended(reason: string): void;
}

/** One consumer's messages: checked, and handed to the ledger in runs of neighbours. The hot loop of reading. */
class QueueConsumer implements DeliveryHandler {
  readonly #ledger: QueueLedger;
  /** null: a slow reader's times are not measured. */
  readonly #recorder: DeliveryRecorder | null;
  /** Messages of producers from this number on have latencies: in a backlog those of the live ones. */
  readonly #timedFrom: number;
  readonly #events: ConsumerEvents;
  readonly #order: ConsumerOrder = new Map();
  #runId = 0;
  #producer = -1;
  #first = 0;
  #end = 0;
  #arrivedUs = 0;

  constructor(
    ledger: QueueLedger,
    recorder: DeliveryRecorder | null,
    timed: readonly number[] | "all" | null,
    events: ConsumerEvents,
  ) {
    this.#ledger = ledger;
    this.#recorder = recorder;
    this.#timedFrom =
      recorder === null || timed === null ? Infinity : timed === "all" ? 0 : Math.min(...timed);
    this.#events = events;
  }

  message(view: DataView, at: number, size: number, arrivedUs: number): void {
    this.#arrivedUs = arrivedUs;
    if (size < MIN_VALUE_BYTES || view.getUint32(at, true) !== checksum(view, at, size)) {
      this.#ledger.corrupt(size < MIN_VALUE_BYTES ? `${size} bytes` : "wrong checksum");
      return;
    }
    const runId = view.getUint32(at + STAMP.runId, true);
    const producer = view.getUint32(at + STAMP.producer, true);
    const sequence = view.getUint32(at + STAMP.sequence, true);
    if (sequence !== this.#end || producer !== this.#producer || runId !== this.#runId) {
      this.#endRun();
      this.#runId = runId;
      this.#producer = producer;
      this.#first = sequence;
    }
    this.#end = sequence + 1;
    if (producer < this.#timedFrom) return;
    this.#recorder!.response(arrivedUs - view.getFloat64(at + STAMP.intendedUs, true));
    this.#recorder!.service(arrivedUs, arrivedUs - view.getFloat64(at + STAMP.sentUs, true), 1);
  }

  readEnded(): void {
    if (this.#first === this.#end) return;
    this.#events.arrived(this.#arrivedUs);
    this.#endRun();
  }

  ended(reason: string): void {
    this.#events.ended(reason);
  }

  /** The next message goes on where the run ended, if it can. */
  #endRun(): void {
    const count = this.#end - this.#first;
    if (count === 0) return;
    const fresh = this.#ledger.deliver(this.#order, this.#runId, this.#producer, this.#first, count);
    this.#first = this.#end;
    if (fresh === 0) return;
    this.#recorder?.delivered(this.#arrivedUs, fresh);
    if (this.#producer < this.#timedFrom) this.#recorder?.backlogDelivered(this.#arrivedUs);
  }
}
