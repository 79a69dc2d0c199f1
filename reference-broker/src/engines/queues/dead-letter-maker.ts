/**
 * Makes dead letters. Messages that die together are mostly alike: what was written for one is taken for the next as long
 * as nothing differs but the body and, at most, the expiration's digits.
 */
import { changeProperties, NO_EXPIRATION, PropertyScan } from "../../mechanisms/basic-properties.ts";
import { PROPERTY_INDEX } from "../../mechanisms/basic-properties-table.ts";
import type { FieldTable, Message, PropertyFacts } from "../../mechanisms/message.ts";
import { type Death, readDeaths, recordDeath, withDeaths } from "./deaths.ts";
import { makeMessage } from "./message-edit.ts";
import type { DeadLetterReason, EngineQueue } from "./queue-environment.ts";
import { findField } from "./topology/field-values.ts";
import { CC, headerKeys, withoutField } from "./topology/routing-keys.ts";

const NO_KEYS: readonly string[] = [];
const NO_DEATHS: readonly Death[] = [];
const scan = new PropertyScan();

export class DeadLetterMaker {
  /** Of the letter made last: the keys by which it is routed, and its history. */
  keys: readonly string[] = NO_KEYS;
  deaths: readonly Death[] = NO_DEATHS;
  #pattern: LetterPattern | null = null;

  /** `blindKeys`: of the BCC header that the message came with; a queue's own dead-letter key takes their place too. */
  make(
    message: Message,
    queue: EngineQueue,
    reason: DeadLetterReason,
    timeSeconds: number,
    blindKeys: readonly string[],
  ): Message {
    let pattern = this.#pattern;
    let properties: Buffer | null = null;
    if (pattern?.fits(message, queue, reason, timeSeconds)) properties = pattern.propertiesFor(message);
    if (pattern === null || properties === null) {
      pattern = new LetterPattern(message, queue, reason, timeSeconds);
      properties = pattern.propertiesFor(message)!;
      this.#pattern = pattern;
    }
    this.deaths = pattern.deaths;
    const ownKeys = queue.deadLetterRoutingKey === null && blindKeys.length > 0;
    this.keys = ownKeys ? [...pattern.keys, ...blindKeys] : pattern.keys;
    return makeMessage(pattern.exchange, this.keys[0]!, properties, message.body, pattern.facts);
  }
}

/** What dead letters have in common. Of the message it was made for it keeps no body. */
class LetterPattern {
  readonly exchange: string;
  /** BCC not among them. */
  readonly keys: readonly string[];
  readonly deaths: readonly Death[];
  readonly facts: PropertyFacts;

  readonly #queue: EngineQueue;
  readonly #reason: DeadLetterReason;
  readonly #timeSeconds: number;
  /** The message's own. */
  readonly #exchange: string;
  readonly #routingKey: string;
  readonly #headers: FieldTable;
  readonly #visibleKeys: readonly string[];
  readonly #expirationDigits: number;
  /** In the message's properties: where the text of its expiration stands; both at the end: it has none. */
  readonly #textStart: number;
  readonly #textEnd: number;
  /** In the letter's properties: where those digits stand, -1: nowhere, -2: not known yet. */
  #digitsAt = -2;
  /** The properties compared last, and those of their letter. */
  #source: Buffer;
  #sourceExpirationMs: number;
  #properties: Buffer;

  constructor(message: Message, queue: EngineQueue, reason: DeadLetterReason, timeSeconds: number) {
    const { properties, expirationMs, persistent, priority } = message;
    this.#queue = queue;
    this.#reason = reason;
    this.#timeSeconds = timeSeconds;
    this.#exchange = message.exchange;
    this.#routingKey = message.routingKey;
    this.#headers = message.headers() ?? [];
    this.#visibleKeys = [message.routingKey, ...headerKeys(this.#headers, CC)];
    this.exchange = queue.deadLetterExchange!;
    this.keys = queue.deadLetterRoutingKey === null ? this.#visibleKeys : [queue.deadLetterRoutingKey];
    this.facts = { persistent, priority, expirationMs: NO_EXPIRATION };
    const expiration = expirationMs < 0 ? null : String(expirationMs);
    this.#expirationDigits = expiration === null ? 0 : expiration.length;
    scan.read(properties, 0, properties.length);
    const index = PROPERTY_INDEX.expiration;
    this.#textStart = scan.has(index) ? scan.starts[index]! + 1 : properties.length;
    this.#textEnd = scan.has(index) ? scan.starts[index + 1]! : properties.length;
    this.deaths = this.#deathsWith(expiration);
    this.#source = properties;
    this.#sourceExpirationMs = expirationMs;
    this.#properties = this.#propertiesWith(this.deaths);
  }

  /** Whether it is the same but for properties and body. */
  fits(message: Message, queue: EngineQueue, reason: DeadLetterReason, timeSeconds: number): boolean {
    return (
      queue === this.#queue &&
      reason === this.#reason &&
      timeSeconds === this.#timeSeconds &&
      message.routingKey === this.#routingKey &&
      message.exchange === this.#exchange
    );
  }

  /** Of the letter of a message that fits; null: its properties are others. */
  propertiesFor(message: Message): Buffer | null {
    const { properties, expirationMs } = message;
    if (properties === this.#source) return this.#properties;
    if (!this.#isLike(properties)) return null;
    if (expirationMs !== this.#sourceExpirationMs) {
      if (expirationMs < 0) return null;
      const digits = String(expirationMs);
      if (digits.length !== this.#expirationDigits) return null;
      this.#properties = this.#propertiesWithDigits(digits);
      this.#sourceExpirationMs = expirationMs;
    }
    this.#source = properties;
    return this.#properties;
  }

  #isLike(properties: Buffer): boolean {
    const known = this.#source;
    return (
      properties.length === known.length &&
      isSame(properties, known, 0, this.#textStart) &&
      isSame(properties, known, this.#textEnd, known.length)
    );
  }

  #propertiesWithDigits(digits: string): Buffer {
    if (this.#digitsAt === -2) this.#digitsAt = this.#findDigits(digits.length);
    if (this.#digitsAt === -1) return this.#properties;
    const properties = Buffer.allocUnsafe(this.#properties.length);
    this.#properties.copy(properties);
    for (let i = 0; i < digits.length; i++) properties[this.#digitsAt + i] = digits.charCodeAt(i);
    return properties;
  }

  /** Headers may hold anything, digits too: theirs do not change with the expiration. */
  #findDigits(count: number): number {
    const ones = this.#propertiesWith(this.#deathsWith("1".repeat(count)));
    const twos = this.#propertiesWith(this.#deathsWith("2".repeat(count)));
    return ones.findIndex((octet, at) => octet !== twos[at]);
  }

  #deathsWith(originalExpiration: string | null): Death[] {
    return recordDeath(readDeaths(this.#headers) ?? [], {
      queue: this.#queue.name,
      reason: this.#reason,
      count: 1,
      timeSeconds: this.#timeSeconds,
      exchange: this.#exchange,
      routingKeys: this.#visibleKeys,
      originalExpiration,
    });
  }

  /** The expiration goes, or the letter would die again where it was sent; so does CC when its keys were replaced. */
  #propertiesWith(deaths: readonly Death[]): Buffer {
    const headers = this.#headers;
    const isFirst = readDeaths(headers) === null;
    const isRekeyed = this.#queue.deadLetterRoutingKey !== null;
    const kept = isRekeyed && findField(headers, CC) !== undefined ? withoutField(headers, CC) : headers;
    const changes = { headers: withDeaths(kept, deaths, isFirst), expiration: null };
    return changeProperties(this.#source, changes);
  }
}

/** Fewer octets are compared sooner than the call is made that compares many. */
const COMPARED_HERE = 64;

function isSame(one: Buffer, other: Buffer, start: number, end: number): boolean {
  if (end - start > COMPARED_HERE) return one.compare(other, start, end, start, end) === 0;
  for (let at = start; at < end; at++) if (one[at] !== other[at]) return false;
  return true;
}
