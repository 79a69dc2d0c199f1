/**
 * One message as an HTTP request: RabbitMQ's management API publishes to an exchange, Confluent's REST proxy (v2, binary)
 * to a topic. Either takes the message in base64 within JSON, for it is not text.
 */
import { payloadState, writeStamp } from "../../integrity/message.ts";
import type { PrepareLoad } from "../../load/protocol.ts";
import { DEFAULT_LOGIN } from "../amqp/log-in.ts";
import { payloadPool } from "../amqp/message-ring.ts";
import { queueName } from "../amqp/names.ts";

/** What the answer to a request says of its message. */
export type Answer = "taken" | "refused";

export interface PostTarget {
  readonly path: string;
  readonly contentType: string;
  /** Around the message in base64. */
  readonly before: string;
  readonly after: string;
  /** Of an answer with a status of success. */
  readonly judge: (body: string) => Answer;
}

/** `producer` p posts to queue or partition p % their count. */
export function postTargetOf(load: PrepareLoad, producer: number): PostTarget {
  if (load.kind === "queues") {
    const { queues, persistent } = load.parameters;
    const key = JSON.stringify(queueName(load.topic, producer % queues));
    return {
      path: "/api/exchanges/%2F/amq.default/publish",
      contentType: "application/json",
      before: `{"properties":{"delivery_mode":${persistent ? 2 : 1}},"routing_key":${key},"payload":"`,
      after: '","payload_encoding":"base64"}',
      // false: no queue was bound to that key, and nobody keeps the message.
      judge: (body) => (/"routed"\s*:\s*true/.test(body) ? "taken" : "refused"),
    };
  }
  const partition = producer % load.parameters.partitions;
  return {
    path: `/topics/${encodeURIComponent(load.topic)}`,
    contentType: "application/vnd.kafka.binary.v2+json",
    before: `{"records":[{"partition":${partition},"value":"`,
    after: '"}]}',
    judge: (body) =>
      /"offset"\s*:\s*\d/.test(body) && !/"error_code"\s*:\s*[1-9]/.test(body) ? "taken" : "refused",
  };
}

export function authorizationOf({ endpoint }: PrepareLoad): string {
  const { user, password } = endpoint.login ?? DEFAULT_LOGIN;
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** The messages of all producers of a process, stamped one at a time. */
export class PostedMessages {
  readonly #runId: number;
  readonly #messages: readonly { readonly bytes: Buffer; readonly view: DataView; readonly state: number }[];

  constructor(load: PrepareLoad) {
    const { payloadBytes, payloadKind } = load.parameters;
    this.#runId = load.runId;
    this.#messages = payloadPool({ payloadBytes, payloadKind }, load.seed).map((bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      return { bytes, view, state: payloadState(view, 0, bytes.length) };
    });
  }

  /** In base64. Its intended time is the actual one: nothing is scheduled. */
  stamped(producer: number, sequence: number, sentUs: number): string {
    const { bytes, view, state } = this.#messages[sequence % this.#messages.length]!;
    writeStamp(view, 0, state, this.#runId, producer, sequence, sentUs, sentUs);
    return bytes.toString("base64");
  }
}
