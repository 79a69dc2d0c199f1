import type { Message } from "../../../mechanisms/message.ts";
import { PUBLISHED } from "../contract.ts";
import type { Consumers } from "./consumers.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { QueueMessages } from "./messages.ts";
import type { OverflowPolicy, QueueSettings } from "./settings.ts";

/** Part of a limit below which a full queue that blocks its publishers takes messages again. */
const ROOM = 0.75;

/** The answer of `admit` when nothing speaks against a message; otherwise it answers bits of PUBLISHED. */
export const ADMITTED = -1;

/**
 * x-max-length, x-max-length-bytes and x-overflow. Limits count ready messages and their bodies, never unacknowledged ones.
 * drop-head, reject-publish and reject-publish-dlx are RabbitMQ's. Ours: drop-new drops the message that came last and
 * says nothing; disconnect-consumer disconnects every consumer that is not ready when a message finds the queue full, and
 * drops the head as long as it is; block-publisher takes the message and asks that no more be read from its publisher.
 */
export class Overflow {
  isBlocking = false;

  readonly #policy: OverflowPolicy;
  readonly #maxLength: number;
  readonly #maxBytes: number;
  readonly #messages: QueueMessages;
  readonly #consumers: Consumers;
  readonly #deadLetters: DeadLetters;

  constructor(
    settings: QueueSettings,
    messages: QueueMessages,
    consumers: Consumers,
    deadLetters: DeadLetters,
  ) {
    this.#policy = settings.overflow;
    this.#maxLength = settings.maxLength;
    this.#maxBytes = settings.maxLengthBytes;
    this.#messages = messages;
    this.#consumers = consumers;
    this.#deadLetters = deadLetters;
  }

  /** RabbitMQ's rule for refusing: with this message there would be too much. */
  wouldExceed({ bodyBytes }: Message): boolean {
    const { readyCount, readyBytes } = this.#messages;
    return readyCount + 1 > this.#maxLength || readyBytes + bodyBytes > this.#maxBytes;
  }

  /** What becomes of a message that would exceed the limit. `description` names the queue in texts. */
  admit(message: Message, description: string): number {
    switch (this.#policy) {
      case "reject-publish-dlx":
        this.#messages.counters.refusedMessages++;
        this.#deadLetters.refuse(message);
        return PUBLISHED.refused;
      case "reject-publish":
        this.#messages.counters.refusedMessages++;
        return PUBLISHED.refused;
      case "drop-new":
        this.#messages.counters.droppedMessages++;
        return 0;
      case "disconnect-consumer":
        this.#consumers.disconnectSlow(`${description} is full and this consumer too slow`);
        return ADMITTED;
      default:
        return ADMITTED;
    }
  }

  /** After messages became ready: drops from the head what is too much. Whether anything was. */
  dropExcess(): boolean {
    if (this.#policy !== "drop-head" && this.#policy !== "disconnect-consumer") return false;
    const messages = this.#messages;
    let dropped = false;
    while (messages.readyCount > this.#maxLength || messages.readyBytes > this.#maxBytes) {
      messages.findHead();
      this.#deadLetters.dropHead("maxlen");
      dropped = true;
    }
    return dropped;
  }

  /** After a message was taken in: the bit `blocked`, or 0. */
  blockedBit(): number {
    if (this.#policy !== "block-publisher") return 0;
    const { readyCount, readyBytes } = this.#messages;
    if (readyCount >= this.#maxLength || readyBytes >= this.#maxBytes) this.isBlocking = true;
    return this.isBlocking ? PUBLISHED.blocked : 0;
  }

  /** After messages left the ready ones. Whether publishers that were blocked may go on: true once. */
  unblocks(): boolean {
    if (!this.isBlocking) return false;
    const { readyCount, readyBytes } = this.#messages;
    if (readyCount > Math.floor(this.#maxLength * ROOM)) return false;
    if (readyBytes > Math.floor(this.#maxBytes * ROOM)) return false;
    this.isBlocking = false;
    return true;
  }
}
