/** The log under load: one publisher for each partition, over raw connections, with many batches on their way. */
import type { BrokerProcess } from "../support/broker-process.ts";
import { createTopic, connectWhenReady, produce } from "../support/client.ts";
import { Connection } from "../support/connection.ts";
import { encodeBatch } from "../support/wire-batch.ts";
import { createTopicsRequest, readCreateTopicsResponse } from "../support/wire-requests.ts";
import { encodeBody } from "./amqp/message-body.ts";
import { MIN_BODY_BYTES } from "./amqp/round-plan.ts";
import { type Entry, judge } from "./history.ts";
import { readPartition } from "./read-partition.ts";
import { type Draws, pause } from "./rounds.ts";
import type { Judgement, Refusal, Workload } from "./workload.ts";

const KAFKA_STORAGE_ERROR = 56;
const TOPIC = "faults";
/** Of one publisher in one life; beyond them it goes on slowly, so that the fault finds it at work. */
const MAX_BYTES = 3 * 1024 * 1024;
const SLOW_PAUSE_MS = 10;
/** Above the size from which on the broker writes in the thread pool. */
const LARGE_BYTES = 300 * 1024;
const MAX_BODY_BYTES = 20_000;

interface Sent {
  readonly partition: number;
  readonly bytes: number;
}

export class LogWorkload implements Workload {
  readonly #draws: Draws;
  readonly #partitions: number;
  readonly #window: number;
  readonly #maxBodyBytes: number;
  readonly #maxRecords: number;
  readonly #sent = new Map<number, Sent>();
  readonly #acknowledged: Entry[] = [];
  readonly #refused = new Set<number>();
  readonly #wrongErrors: string[] = [];
  #connections: Connection[] = [];
  #publishing: Promise<void>[] = [];
  #isStopping = false;
  #nextNumber = 1;

  constructor(draws: Draws) {
    this.#draws = draws;
    this.#partitions = draws.between(1, 3);
    this.#window = draws.between(1, 8);
    this.#maxBodyBytes = draws.chance(0.6) ? draws.between(MIN_BODY_BYTES, 1000) : MAX_BODY_BYTES;
    this.#maxRecords = draws.between(1, 20);
  }

  get confirmed(): number {
    return this.#acknowledged.length;
  }

  get refused(): number {
    return this.#refused.size;
  }

  async begin(broker: BrokerProcess): Promise<void> {
    const first = await connectWhenReady(broker.host, broker.port);
    await createTopic(first, TOPIC, this.#partitions);
    this.#isStopping = false;
    this.#connections = [first];
    this.#publishing = [];
    for (let partition = 0; partition < this.#partitions; partition++) {
      const connection = await Connection.open(broker.host, broker.port);
      this.#connections.push(connection);
      this.#publishing.push(this.#publish(connection, partition));
    }
  }

  faultBegins(): void {}

  async end(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#publishing);
    for (const connection of this.#connections) connection.close();
  }

  ended(): Promise<void> {
    return this.end();
  }

  async read(broker: BrokerProcess): Promise<void> {
    const connection = await Connection.open(broker.host, broker.port);
    const stored = await readPartition(connection, TOPIC, 0, this.#fits(0));
    connection.close();
    if (stored.entries.length === 0 && this.#acknowledged.some(({ partition }) => partition === 0)) {
      throw new Error("a partition with messages gives none");
    }
  }

  async change(broker: BrokerProcess, name: string): Promise<Refusal | null> {
    const connection = await Connection.open(broker.host, broker.port);
    const [created] = readCreateTopicsResponse(await connection.send(createTopicsRequest(name, 1)));
    connection.close();
    return created!.errorCode === 0 ? null : { code: created!.errorCode, text: "" };
  }

  bodyBytes(number: number): number | undefined {
    return this.#sent.get(number)?.bytes;
  }

  async judge(broker: BrokerProcess): Promise<Judgement> {
    const connection = await connectWhenReady(broker.host, broker.port);
    const stored: Entry[] = [];
    const findings = [...this.#wrongErrors];
    let damagedReads = 0;
    let phantoms = 0;
    for (let partition = 0; partition < this.#partitions; partition++) {
      const read = await readPartition(connection, TOPIC, partition, this.#fits(partition));
      for (const { offset, sequence } of read.entries) stored.push({ partition, offset, sequence });
      damagedReads += read.damagedReads;
      phantoms += read.phantoms;
      findings.push(...read.findings);
    }
    connection.close();
    const present = new Set(stored.map(({ sequence }) => sequence));
    const lost = this.#acknowledged.filter(({ sequence }) => !present.has(sequence));
    const { duplicated, reordered, misplaced, holes } = judge(this.#acknowledged, stored);
    const refusedKept = [...this.#refused].filter((number) => present.has(number)).length;
    return {
      lost: lost.map(({ sequence }) => sequence),
      anomalies: {
        ...{ phantoms, duplicated, reordered, misplaced, holes },
        wrongErrors: this.#wrongErrors.length,
      },
      damagedReads,
      summary: `${this.#partitions} partitions, ${this.confirmed} confirmed, ${this.refused} refused (${refusedKept} there), ${stored.length} stored`,
      findings,
    };
  }

  /** Whether the message is as it was published, where it was published. */
  #fits(partition: number): (number: number, bytes: number) => boolean {
    return (number, bytes) => {
      const sent = this.#sent.get(number);
      return sent !== undefined && sent.partition === partition && sent.bytes === bytes;
    };
  }

  async #publish(connection: Connection, partition: number): Promise<void> {
    const unanswered = new Set<Promise<void>>();
    let bytes = 0;
    let isClosed = false;
    while (!this.#isStopping && !isClosed) {
      const batch = this.#makeBatch(partition);
      bytes += batch.bytes;
      const answered = produce(connection, TOPIC, partition, batch.encoded)
        .then(({ errorCode, baseOffset }) => this.#answered(batch.numbers, partition, errorCode, baseOffset))
        .catch(() => {
          isClosed = true;
        })
        .finally(() => unanswered.delete(answered));
      unanswered.add(answered);
      if (bytes > MAX_BYTES || this.#refused.has(batch.numbers[0]! - 1)) await pause(SLOW_PAUSE_MS);
      if (unanswered.size >= this.#window) await Promise.race(unanswered);
    }
    await Promise.all(unanswered);
  }

  #makeBatch(partition: number): { numbers: number[]; bytes: number; encoded: Buffer } {
    const isLarge = this.#draws.chance(0.03);
    const count = this.#draws.between(1, this.#maxRecords);
    const bodyBytes = isLarge ? Math.ceil(LARGE_BYTES / count) : this.#maxBodyBytes;
    const numbers: number[] = [];
    const records = [];
    let bytes = 0;
    for (let record = 0; record < count; record++) {
      const number = this.#nextNumber++;
      const size = isLarge ? bodyBytes : this.#draws.between(MIN_BODY_BYTES, bodyBytes);
      numbers.push(number);
      bytes += size;
      this.#sent.set(number, { partition, bytes: size });
      records.push({ value: encodeBody(number, size) });
    }
    return { numbers, bytes, encoded: encodeBatch(records) };
  }

  #answered(numbers: readonly number[], partition: number, errorCode: number, baseOffset: number): void {
    for (const [at, sequence] of numbers.entries()) {
      if (errorCode === 0) this.#acknowledged.push({ partition, offset: baseOffset + at, sequence });
      else this.#refused.add(sequence);
    }
    if (errorCode !== 0 && errorCode !== KAFKA_STORAGE_ERROR) {
      this.#wrongErrors.push(`a produce was answered with error ${errorCode}`);
    }
  }
}
