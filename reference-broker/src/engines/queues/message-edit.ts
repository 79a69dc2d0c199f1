import { changeProperties } from "../../mechanisms/basic-properties.ts";
import {
  type FieldTable,
  type Message,
  type PropertyFacts,
  PublishedMessage,
  readPropertyFacts,
} from "../../mechanisms/message.ts";

export interface MessageEdit {
  readonly exchange: string;
  readonly routingKey: string;
  /** In place of its own. */
  readonly headers: FieldTable;
  readonly keepsExpiration: boolean;
}

/** A message like this one, the body shared, the other properties as they are byte for byte. */
export function editMessage(message: Message, edit: MessageEdit): Message {
  const { headers, keepsExpiration, exchange, routingKey } = edit;
  const changes = keepsExpiration ? { headers } : { headers, expiration: null };
  return makeMessage(exchange, routingKey, changeProperties(message.properties, changes), message.body);
}

let knownProperties: Buffer | null = null;
let knownFacts: PropertyFacts | null = null;

/** A message that was stored; see DecodeMessage. */
export function restoreMessage(
  exchange: string,
  routingKey: string,
  properties: Buffer,
  bytes: Buffer,
  start: number,
  end: number,
): Message {
  if (properties !== knownProperties || knownFacts === null) {
    knownFacts = readPropertyFacts(properties);
    knownProperties = properties;
  }
  return new PublishedMessage(exchange, routingKey, properties, bytes, knownFacts, start, end);
}

/** `properties` and `body`: its own from here on. `facts`: of the properties, when they are known. */
export function makeMessage(
  exchange: string,
  routingKey: string,
  properties: Buffer,
  body: Buffer,
  facts?: PropertyFacts,
): Message {
  return new PublishedMessage(exchange, routingKey, properties, body, facts);
}
