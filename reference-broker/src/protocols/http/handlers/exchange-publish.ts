/**
 * POST /api/exchanges/VHOST/NAME/publish, as RabbitMQ's management does it. The answer comes when the message is as safe as
 * the durability class asks, so `routed` is a publisher confirm too. What RabbitMQ's user interface adds beside the four
 * documented fields is passed over.
 */
import { PUBLISHED, type VirtualHost } from "../../../engines/queues/contract.ts";
import { INVALID_EXPIRATION, invalidExpiration, readProperty } from "../../../mechanisms/basic-properties.ts";
import { PublishedMessage } from "../../../mechanisms/message.ts";
import type { User } from "../../../engines/identity/contract.ts";
import type { HttpEnvironment, QueueSide } from "../environment.ts";
import { HttpError } from "../http-error.ts";
import { isBase64, isObject, type JsonObject, parseJson } from "../json-body.ts";
import { propertiesFromJson } from "../json-properties.ts";
import {
  asHttpError,
  checkPublish,
  DEFAULT_EXCHANGE,
  openVirtualHost,
  requireQueueSide,
  userOf,
} from "../queue-access.ts";
import { type HttpReply, type HttpRequest, JSON_TYPE } from "../request.ts";

const MAX_ROUTING_KEY_BYTES = 255;
/** Of the last message. Those of the next are often the same, and then it shares them: queues may hold it for long. */
let lastProperties: Buffer = Buffer.alloc(0);
let lastRoutingKey = "";

/** May publish in the name of others. */
const IMPERSONATOR = "impersonator";

const ROUTED: HttpReply = { status: 200, contentType: JSON_TYPE, body: '{"routed":true}' };
const UNROUTED: HttpReply = { status: 200, contentType: JSON_TYPE, body: '{"routed":false}' };

export function exchangePublish(
  request: HttpRequest,
  environment: HttpEnvironment,
): HttpReply | Promise<HttpReply> {
  const queues = requireQueueSide(environment);
  refuseWhileAlarmed(queues);
  const user = userOf(request);
  const [vhost, name] = request.parameters as [string, string];
  const virtualHost = openVirtualHost(queues, user, vhost);
  const message = readMessage(name === DEFAULT_EXCHANGE ? "" : name, parseJson(request.body));
  checkMessage(queues, user, virtualHost, message, environment.maxMessageBytes);
  const outcome = asHttpError(() => virtualHost.publish(message));
  environment.counters.publishedMessages++;
  if ((outcome & PUBLISHED.routed) === 0) environment.counters.unroutedMessages++;
  return answer(outcome, queues, virtualHost);
}

/** A publisher over AMQP would not be read from; over HTTP it is told, and may try again. */
function refuseWhileAlarmed({ engine }: QueueSide): void {
  const { reason } = engine.alarm;
  if (reason === null) return;
  throw new HttpError("unavailable", `memory alarm: ${reason}`, { headers: ["Retry-After", "1"] });
}

function readMessage(exchange: string, body: unknown): PublishedMessage {
  if (!isObject(body))
    throw bad("expected an object with properties, routing_key, payload, payload_encoding");
  const properties = body.properties ?? {};
  if (!isObject(properties)) throw bad("`properties` must be an object");
  const routingKey = readString(body, "routing_key");
  if (Buffer.byteLength(routingKey) > MAX_ROUTING_KEY_BYTES) {
    throw bad(`\`routing_key\` is longer than ${MAX_ROUTING_KEY_BYTES} bytes`);
  }
  if (routingKey !== lastRoutingKey) lastRoutingKey = routingKey;
  const encoded = propertiesFromJson(properties);
  if (!encoded.equals(lastProperties)) lastProperties = encoded;
  return new PublishedMessage(exchange, lastRoutingKey, lastProperties, readPayload(body));
}

function readPayload(body: JsonObject): Buffer {
  const payload = readString(body, "payload");
  switch (readString(body, "payload_encoding")) {
    case "string":
      return Buffer.from(payload, "utf8");
    case "base64":
      if (isBase64(payload)) return Buffer.from(payload, "base64");
      throw bad("`payload` is not base64");
    default:
      throw bad("`payload_encoding` must be string or base64");
  }
}

function readString(body: JsonObject, name: string): string {
  const value = body[name];
  if (typeof value === "string") return value;
  throw bad(value === undefined ? `\`${name}\` is missing` : `\`${name}\` must be a string`);
}

/** In the order of a publish over AMQP. */
function checkMessage(
  queues: QueueSide,
  user: User,
  virtualHost: VirtualHost,
  message: PublishedMessage,
  maxMessageBytes: number,
): void {
  const { properties, body } = message;
  if (body.length > maxMessageBytes) {
    throw bad(`message size ${body.length} is larger than configured max size ${maxMessageBytes}`);
  }
  checkPublish(queues, user, virtualHost, message);
  if (message.expirationMs === INVALID_EXPIRATION) throw bad(invalidExpiration(properties));
  const userId = readProperty(properties, "userId");
  if (userId === null || userId === user.name || user.tags.includes(IMPERSONATOR)) return;
  throw bad(`user_id property set to '${userId}' but authenticated user was '${user.name}'`);
}

function answer(
  outcome: number,
  { engine }: QueueSide,
  virtualHost: VirtualHost,
): HttpReply | Promise<HttpReply> {
  if ((outcome & PUBLISHED.refused) !== 0) throw bad("rejected: a queue is full");
  const reply = (outcome & PUBLISHED.routed) === 0 ? UNROUTED : ROUTED;
  const mustWait = outcome & (PUBLISHED.storing | PUBLISHED.blocked);
  if (mustWait === 0) return reply;
  return new Promise((resolve, reject) => {
    engine.whenStored((stored) => {
      if (!stored) reject(new HttpError("unavailable", "the message could not be stored"));
      // The queue took it and is full now: its publisher is held back, as over AMQP.
      else if ((outcome & PUBLISHED.blocked) !== 0) virtualHost.whenRoom(() => resolve(reply));
      else resolve(reply);
    });
  });
}

function bad(reason: string): HttpError {
  return new HttpError("bad_request", reason);
}
