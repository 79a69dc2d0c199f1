/**
 * The x-arguments of queue.declare: one table. Check, equivalence and settings (settings.ts) derive from it. Names, ranges
 * and texts are those of RabbitMQ 4.0.5 for its classic queues, seen there; what RabbitMQ does not have is marked `ours`.
 * Arguments that are not in the table are accepted and ignored, as RabbitMQ does. One departure: RabbitMQ answers 541 to
 * a queue type that it does not know, here that is 406 as for every other wrong value.
 */
import type { FieldTable, FieldType, FieldValue } from "../../../mechanisms/message.ts";
import { QueueError, type QueueDeclaration } from "../contract.ts";
import type { CheckQueueArguments, QueueArgumentNames } from "../queue-environment.ts";

export interface QueueArgument {
  readonly name: string;
  /** "refused": an argument of RabbitMQ's other queue types. "any": accepted unread. */
  readonly type: "integer" | "string" | "boolean" | "any" | "refused";
  readonly minimum?: 0 | 1;
  readonly maximum?: number;
  /** What is said of a value above the maximum. */
  readonly tooLarge?: "value_too_large" | "max_value_exceeded";
  /** The only values there are, and what is said of another one. */
  readonly values?: readonly (string | number)[];
  readonly wrongValue?: (value: string) => string;
  /** Another argument without which this one is wrong, and what is said then. */
  readonly needs?: { readonly name: string; readonly missing: string };
  /** RabbitMQ compares two declarations by the arguments of the queue's type only. */
  readonly compared: boolean;
  readonly ours?: true;
  readonly meaning: string;
}

/** Ten years of 365 days: RabbitMQ 4.0 takes no longer times. */
const LONGEST_MS = 315_360_000_000;

/** How Erlang prints a string within a term, which is how RabbitMQ's texts carry it. */
const quoted = (text: string): string => `"${text}"`;

const OTHER_QUEUE_TYPES: readonly string[] = ["quorum", "stream"];

function unsupportedType(value: string): string {
  const hint = OTHER_QUEUE_TYPES.includes(value) ? ": this broker has classic queues only" : "";
  return quoted(`unsupported queue type '${value}'${hint}`);
}

function refused(name: string, meaning: string): QueueArgument {
  return { name, type: "refused", compared: false, meaning };
}

export const QUEUE_ARGUMENTS: readonly QueueArgument[] = [
  {
    ...{ name: "x-queue-type", type: "string", compared: true },
    ...{ values: ["classic"], wrongValue: unsupportedType },
    meaning: "classic is the only type; absent means classic",
  },
  {
    ...{ name: "x-expires", type: "integer", minimum: 1, compared: true },
    ...{ maximum: LONGEST_MS, tooLarge: "value_too_large" },
    meaning: "milliseconds without consumer, basic.get or declaration after which the queue is deleted",
  },
  {
    ...{ name: "x-message-ttl", type: "integer", minimum: 0, compared: true },
    ...{ maximum: LONGEST_MS, tooLarge: "value_too_large" },
    meaning:
      "milliseconds a message lives from its enqueueing on; with an expiration property the lower wins",
  },
  {
    ...{ name: "x-dead-letter-exchange", type: "string", compared: true },
    meaning: "where messages go that are rejected, expire or are dropped; it need not exist",
  },
  {
    ...{ name: "x-dead-letter-routing-key", type: "string", compared: true },
    needs: { name: "x-dead-letter-exchange", missing: "routing_key_but_no_dlx_defined" },
    meaning: "replaces the routing keys of dead letters",
  },
  {
    ...{ name: "x-max-length", type: "integer", minimum: 0, compared: true },
    meaning: "most ready messages",
  },
  {
    ...{ name: "x-max-length-bytes", type: "integer", minimum: 0, compared: true },
    meaning: "most bytes in the bodies of ready messages",
  },
  {
    // 0 is one lane, as in RabbitMQ 4, though its guide says 1 to 255.
    ...{ name: "x-max-priority", type: "integer", minimum: 0, compared: true },
    ...{ maximum: 255, tooLarge: "max_value_exceeded" },
    meaning: "highest message priority told apart; higher ones count as this one",
  },
  {
    ...{ name: "x-overflow", type: "string", compared: true, wrongValue: () => "invalid_overflow" },
    values: [
      ...["drop-head", "reject-publish", "reject-publish-dlx"],
      ...["drop-new", "disconnect-consumer", "block-publisher"],
    ],
    meaning: "what happens beyond a length limit; the last three values are ours",
  },
  {
    ...{ name: "x-queue-mode", type: "string", compared: true, values: ["default", "lazy"] },
    wrongValue: (value) => quoted(`unsupported queue mode '${value}'`),
    meaning: "accepted without effect, as since RabbitMQ 3.12",
  },
  {
    ...{ name: "x-queue-version", type: "integer", minimum: 0, compared: true, values: [1, 2] },
    wrongValue: (value) => quoted(`unsupported queue version '${value}'`),
    meaning: "accepted without effect: there is one storage format",
  },
  {
    ...{ name: "x-single-active-consumer", type: "boolean", compared: true },
    meaning: "one consumer gets all messages; the next takes over when it goes",
  },
  {
    ...{ name: "x-queue-leader-locator", type: "string", compared: true },
    values: ["client-local", "balanced", "random", "least-leaders", "min-masters"],
    wrongValue: () => "invalid_queue_locator_arg",
    meaning: "accepted without effect: there is one node",
  },
  {
    ...{ name: "x-queue-master-locator", type: "any", compared: true },
    meaning: "accepted without effect: there is one node",
  },
  {
    ...{ name: "x-expiry-mode", type: "string", compared: true, ours: true, values: ["head", "exact"] },
    wrongValue: (value) => quoted(`unsupported expiry mode '${value}'`),
    meaning:
      "head (default): messages expire when they reach the head, as in RabbitMQ; exact: each at its time",
  },
  {
    ...{ name: "x-consumer-timeout", type: "any", compared: false },
    meaning: "not checked and not compared, as in RabbitMQ; acknowledgement timeouts are the channel's",
  },
  refused("x-dead-letter-strategy", "quorum queues"),
  refused("x-delivery-limit", "quorum queues; a classic queue has no delivery limit"),
  refused("x-max-in-memory-length", "quorum queues"),
  refused("x-max-in-memory-bytes", "quorum queues"),
  refused("x-quorum-initial-group-size", "quorum queues"),
  refused("x-max-age", "streams"),
  refused("x-stream-max-segment-size-bytes", "streams"),
  refused("x-initial-cluster-size", "streams"),
];

/** The x-arguments in which two declarations of one queue must agree. */
export const queueArgumentNames: QueueArgumentNames = QUEUE_ARGUMENTS.filter((row) => row.compared).map(
  (row) => row.name,
);

/** RabbitMQ's words for the type octets, as they stand in its texts. */
export const FIELD_TYPE_NAMES: Readonly<Record<FieldType, string>> = {
  ...{ t: "bool", b: "byte", B: "unsignedbyte", s: "short", u: "unsignedshort", I: "signedint" },
  ...{ i: "unsignedint", l: "long", f: "float", d: "double", D: "decimal", S: "longstr" },
  ...{ A: "array", T: "timestamp", F: "table", V: "void", x: "binary" },
};

const INTEGER_TYPES = "bBsuIil";

/** The first field of that name, as RabbitMQ looks it up. */
export function findArgument(table: FieldTable, name: string): FieldValue | undefined {
  return table.find(([key]) => key === name)?.[1];
}

/** Value of a checked integer argument; beyond 2^53 it loses precision, which no limit or time here can tell. */
export function integerArgument(table: FieldTable, name: string): number | undefined {
  const field = findArgument(table, name);
  return field === undefined ? undefined : Number(field.value);
}

export function stringArgument(table: FieldTable, name: string): string | undefined {
  const field = findArgument(table, name);
  return field === undefined ? undefined : String(field.value);
}

/** What is wrong with a field, as RabbitMQ's term for it; null: nothing. */
function judge(row: QueueArgument, { type, value }: FieldValue, table: FieldTable): string | null {
  if (row.type === "any") return null;
  if (row.type === "boolean") return type === "t" ? null : unacceptable(type);
  if (row.type === "string" && type !== "S") return unacceptable(type);
  if (row.type === "integer") {
    if (!INTEGER_TYPES.includes(type)) return quoted(`expected integer, got ${FIELD_TYPE_NAMES[type]}`);
    const term = judgeRange(row, Number(value));
    if (term !== null) return `{${term},${String(value)}}`;
  }
  const plain = row.type === "integer" ? Number(value) : String(value);
  if (row.values !== undefined && !row.values.includes(plain)) return row.wrongValue!(String(plain));
  if (row.needs !== undefined && findArgument(table, row.needs.name) === undefined) return row.needs.missing;
  return null;
}

function judgeRange(row: QueueArgument, value: number): string | null {
  if (value < 0) return "value_negative";
  if (value < row.minimum!) return "value_zero";
  return row.maximum !== undefined && value > row.maximum ? row.tooLarge! : null;
}

function unacceptable(type: FieldType): string {
  return `{unacceptable_type,${FIELD_TYPE_NAMES[type]}}`;
}

/**
 * Throws QueueError precondition-failed, in RabbitMQ's words, for the first argument that is wrong by type, value or
 * combination, and for arguments that belong to its other queue types.
 */
export const checkQueueArguments: CheckQueueArguments = (declaration: QueueDeclaration, virtualHost) => {
  const table = declaration.arguments;
  const queue = `queue '${declaration.name}' in vhost '${virtualHost}'`;
  const exchange = findArgument(table, "x-dead-letter-exchange");
  if (exchange !== undefined && exchange.type !== "S") {
    const type = FIELD_TYPE_NAMES[exchange.type];
    const text = `invalid type '${type}' for arg 'x-dead-letter-exchange' in ${queue}`;
    throw new QueueError("precondition-failed", text);
  }
  for (const row of QUEUE_ARGUMENTS) {
    const field = row.type === "refused" ? undefined : findArgument(table, row.name);
    const wrong = field === undefined ? null : judge(row, field, table);
    if (wrong !== null) {
      throw new QueueError("precondition-failed", `invalid arg '${row.name}' for ${queue}: ${wrong}`);
    }
  }
  for (const [name] of table) {
    if (!QUEUE_ARGUMENTS.some((row) => row.type === "refused" && row.name === name)) continue;
    const text = `invalid arg '${name}' for ${queue} of queue type rabbit_classic_queue`;
    throw new QueueError("precondition-failed", text);
  }
};
