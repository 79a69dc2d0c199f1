/** A well-behaved client beside the bad input: what it wrote stays, byte for byte, and it can always write and read. */
import assert from "node:assert/strict";
import { connectWhenReady, createTopic, fetch, fetchAll, produce } from "../support/client.ts";
import type { Connection } from "../support/connection.ts";
import { encodeBatch } from "../support/wire-batch.ts";

const TOPIC = "innocent";

export class Innocent {
  readonly #connection: Connection;
  readonly #written: Buffer[] = [];

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  static async start(host: string, port: number): Promise<Innocent> {
    const connection = await connectWhenReady(host, port);
    await createTopic(connection, TOPIC, 1);
    return new Innocent(connection);
  }

  /** One batch written and read back on a connection that was open all along. */
  async checkAlive(): Promise<void> {
    const offset = this.#written.length;
    const batch = encodeBatch([
      { key: Buffer.from(String(offset)), value: Buffer.from(`innocent ${offset}`) },
    ]);
    const answer = await produce(this.#connection, TOPIC, 0, batch);
    assert.deepEqual(answer, { errorCode: 0, baseOffset: offset }, "an innocent produce");
    batch.writeBigInt64BE(BigInt(offset), 0);
    this.#written.push(batch);
    const { records } = await fetch(this.#connection, TOPIC, 0, offset);
    assert.ok(
      withoutEpochs(records).equals(withoutEpochs(batch)),
      "an innocent fetch returns what was written",
    );
  }

  async checkEverything(): Promise<void> {
    const stored = withoutEpochs(await fetchAll(this.#connection, TOPIC, 0));
    const written = withoutEpochs(Buffer.concat(this.#written));
    assert.equal(stored.length, written.length, "bytes in the innocent topic");
    assert.ok(stored.equals(written), "the innocent topic is untouched");
  }

  close(): void {
    this.#connection.close();
  }
}

/** The partition leader epoch is the broker's to set. */
function withoutEpochs(batches: Buffer): Buffer {
  const copy = Buffer.from(batches);
  for (let at = 0; at < copy.length; at += 12 + copy.readInt32BE(at + 8)) copy.writeInt32BE(0, at + 12);
  return copy;
}
