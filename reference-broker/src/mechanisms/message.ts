import { invariant } from "../base/invariant.ts";
import { PropertyScan } from "./basic-properties-scan.ts";
import { readProperty } from "./basic-properties.ts";

/** A field value of AMQP 0-9-1, in RabbitMQ's meaning of the type octets. See field-table.ts for the codec. */
export type FieldValue =
  | { readonly type: "t"; readonly value: boolean }
  /** 8, 16, 32 bits, signed and unsigned; l: 64 bits, signed; T: seconds since 1970, 64 bits, unsigned. A bigint from 2^53 on. */
  | { readonly type: "b" | "B" | "s" | "u" | "I" | "i" | "l" | "T"; readonly value: number | bigint }
  | { readonly type: "f" | "d"; readonly value: number }
  | { readonly type: "D"; readonly value: FieldDecimal }
  /** A string; bytes that are no UTF-8 stay bytes. */
  | { readonly type: "S"; readonly value: string | Buffer }
  | { readonly type: "x"; readonly value: Buffer }
  | { readonly type: "A"; readonly value: readonly FieldValue[] }
  | { readonly type: "F"; readonly value: FieldTable }
  | { readonly type: "V"; readonly value: null };

/** unscaled / 10^scale; scale 0 to 255, unscaled unsigned 32 bits. */
export interface FieldDecimal {
  readonly scale: number;
  readonly unscaled: number;
}

/** Field names are UTF-8 and keep their order; a name given twice is kept twice, as it came. */
export type FieldTable = readonly (readonly [name: string, value: FieldValue])[];

/** The type octets of a field table as RabbitMQ uses them (its 0-9-1 errata, section 3). */
export type FieldType = FieldValue["type"];

/**
 * A message as it was published: shared by every queue it was routed to, and never changed. `properties` is the encoded
 * property flags and property list of its content header (AMQP 4.2.6.1), `body` its content; both are owned by the
 * message (no slice of a read buffer), the body at the latest from `keep` on: whoever holds a message beyond the call that
 * gave it must call that. What the engine decides by is read out of the properties once, when it is made.
 */
export interface Message {
  readonly exchange: string;
  readonly routingKey: string;
  readonly properties: Buffer;
  readonly body: Buffer;
  readonly bodyBytes: number;
  /** delivery-mode 2 */
  readonly persistent: boolean;
  /** 0 when absent */
  readonly priority: number;
  /** The expiration property in milliseconds, -1 when absent, INVALID_EXPIRATION when it is no such number. */
  readonly expirationMs: number;
  /** The headers property; decoded when it is first asked for. null: none. */
  headers(): FieldTable | null;
  /** Copies the body to `at`, where there is room for it. */
  copyBody(target: Buffer, at: number): void;
  /** The message will be needed after this call. */
  keep(): void;
}

const PERSISTENT = 2;

const scan = new PropertyScan();

/** What a broker decides by, out of the properties. */
export interface PropertyFacts {
  readonly persistent: boolean;
  readonly priority: number;
  readonly expirationMs: number;
}

/** Throws FieldSyntaxError for malformed properties. */
export function readPropertyFacts(properties: Buffer): PropertyFacts {
  scan.read(properties, 0, properties.length);
  const { deliveryMode, priority, expirationMs } = scan;
  return { persistent: deliveryMode === PERSISTENT, priority, expirationMs };
}

/** A message made of its parts, which it keeps as they are: `properties` and, unless it is lent, `body` must be its own. */
export class PublishedMessage implements Message {
  readonly exchange: string;
  readonly routingKey: string;
  readonly properties: Buffer;
  readonly bodyBytes: number;
  readonly persistent: boolean;
  readonly priority: number;
  readonly expirationMs: number;
  /** Where the body stands; null: it was lent, and nobody kept it. */
  #bytes: Buffer | null;
  #start = 0;
  #isOwn = true;
  #headers: FieldTable | null | undefined = undefined;

  /**
   * Throws FieldSyntaxError for malformed properties. An expiration that is none is the caller's to refuse. `facts`: of these
   * properties, when they are known. With `lentStart` and `lentEnd` the body is what stands there in `body` until `giveBack`.
   */
  constructor(
    exchange: string,
    routingKey: string,
    properties: Buffer,
    body: Buffer,
    facts: PropertyFacts = readPropertyFacts(properties),
    lentStart = -1,
    lentEnd = -1,
  ) {
    this.exchange = exchange;
    this.routingKey = routingKey;
    this.properties = properties;
    this.persistent = facts.persistent;
    this.priority = facts.priority;
    this.expirationMs = facts.expirationMs;
    this.#bytes = body;
    this.bodyBytes = body.length;
    if (lentStart < 0) return;
    this.#isOwn = false;
    this.#start = lentStart;
    this.bodyBytes = lentEnd - lentStart;
  }

  get body(): Buffer {
    this.keep();
    return this.#bytes!;
  }

  copyBody(target: Buffer, at: number): void {
    this.#present().copy(target, at, this.#start, this.#start + this.bodyBytes);
  }

  keep(): void {
    if (this.#isOwn) return;
    const own = Buffer.allocUnsafe(this.bodyBytes);
    this.copyBody(own, 0);
    this.#bytes = own;
    this.#start = 0;
    this.#isOwn = true;
  }

  /** The memory of a lent body is used again from here on. */
  giveBack(): void {
    if (!this.#isOwn) this.#bytes = null;
  }

  #present(): Buffer {
    const bytes = this.#bytes;
    invariant(bytes !== null, "a message that nobody kept is used");
    return bytes;
  }

  headers(): FieldTable | null {
    if (this.#headers === undefined) this.#headers = readProperty(this.properties, "headers");
    return this.#headers;
  }
}
