/** A writer without idempotence (acks 1): after a failed send it sends the same messages again, in order. */
import { kafkajsClient } from "../clients/kafkajs-client.ts";
import type { Entry } from "./history.ts";

const BATCH_MESSAGES = 20;
const PAUSE_MS = 5;

export class KafkajsWriter {
  readonly acknowledged: Entry[] = [];
  #stopping = false;
  readonly #done: Promise<void>;

  constructor(bootstrap: string, topic: string, partitions: number) {
    this.#done = this.#write(bootstrap, topic, partitions);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#done;
  }

  async #write(bootstrap: string, topic: string, partitions: number): Promise<void> {
    const producer = kafkajsClient(bootstrap, 0).producer({ idempotent: false, maxInFlightRequests: 1 });
    await producer.connect();
    for (let first = 0; !this.#stopping; first += BATCH_MESSAGES) {
      for (let partition = 0; partition < partitions; partition++) {
        const numbers = Array.from({ length: BATCH_MESSAGES }, (_, at) => first + at);
        const messages = numbers.map((sequence) => ({ partition, key: String(sequence), value: "kafkajs" }));
        const baseOffset = await this.#sendUntilTaken(() => producer.send({ topic, acks: 1, messages }));
        for (const sequence of numbers) {
          this.acknowledged.push({ partition, sequence, offset: baseOffset + sequence - first });
        }
      }
      await pause(PAUSE_MS);
    }
    await producer.disconnect();
  }

  async #sendUntilTaken(send: () => Promise<{ baseOffset?: string }[]>): Promise<number> {
    for (;;) {
      try {
        const [answer] = await send();
        return Number(answer?.baseOffset ?? -1);
      } catch {
        await pause(50);
      }
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
