/**
 * The history of a message that was dead-lettered, as RabbitMQ 4 keeps it: in the x-death header, newest first, one entry
 * for each queue and reason. RabbitMQ 4 believes no client's x-death (a client that republishes what it consumed hands
 * one in); it keeps its own apart from the headers. Here an entry is the broker's when its fields stand in the broker's
 * order, and a published message whose x-death looks like that has them put into another.
 */
import type { FieldTable, FieldValue } from "../../mechanisms/message.ts";
import type { DeadLetterReason } from "./queue-environment.ts";
import { findField } from "./topology/field-values.ts";

export const X_DEATH = "x-death";

export interface Death {
  readonly queue: string;
  readonly reason: DeadLetterReason;
  readonly count: number;
  /** Of the first of them. */
  readonly timeSeconds: number;
  readonly exchange: string;
  /** CC included, BCC not. */
  readonly routingKeys: readonly string[];
  /** null: it had none. */
  readonly originalExpiration: string | null;
}

/** Newest first. The entry of the same queue and reason counts on and moves to the front. */
export function recordDeath(deaths: readonly Death[], death: Death): Death[] {
  const at = deaths.findIndex(({ queue, reason }) => queue === death.queue && reason === death.reason);
  if (at < 0) return [death, ...deaths];
  const known = deaths[at]!;
  return [{ ...known, count: known.count + 1 }, ...deaths.slice(0, at), ...deaths.slice(at + 1)];
}

/** Whether the message would come back to this queue without any client having rejected it on the way. */
export function isDeathCycle(deaths: readonly Death[], queue: string): boolean {
  for (const death of deaths) {
    if (death.reason === "rejected") return false;
    if (death.queue === queue) return true;
  }
  return false;
}

const EXPIRATION_FIELD = "original-expiration";
const FIELDS = ["count", "reason", "queue", "time", "exchange", "routing-keys"];

/** The history that the broker wrote into these headers; null: there is none. */
export function readDeaths(headers: FieldTable): Death[] | null {
  const field = findField(headers, X_DEATH);
  if (field === undefined || field.type !== "A") return null;
  const entries = field.value as readonly FieldValue[];
  const deaths: Death[] = [];
  for (const entry of entries) {
    const death = entry.type === "F" ? readDeath(entry.value as FieldTable) : null;
    if (death === null) return null;
    deaths.push(death);
  }
  return deaths.length === 0 ? null : deaths;
}

function readDeath(table: FieldTable): Death | null {
  const hasExpiration = table[0]?.[0] === EXPIRATION_FIELD;
  const names = hasExpiration ? [EXPIRATION_FIELD, ...FIELDS] : FIELDS;
  if (table.length !== names.length || names.some((name, index) => table[index]![0] !== name)) return null;
  const values = table.slice(hasExpiration ? 1 : 0).map(([, { value }]) => value);
  const [count, reason, queue, time, exchange, routingKeys] = values;
  if (!Array.isArray(routingKeys)) return null;
  return {
    queue: String(queue),
    reason: reason as DeadLetterReason,
    count: Number(count),
    timeSeconds: Number(time),
    exchange: String(exchange),
    routingKeys: (routingKeys as readonly FieldValue[]).map(({ value }) => String(value)),
    originalExpiration: hasExpiration ? String(table[0]![1].value) : null,
  };
}

const longString = (value: string): FieldValue => ({ type: "S", value });

function deathTable(death: Death): FieldValue {
  const table: [string, FieldValue][] = [
    ["count", { type: "l", value: death.count }],
    ["reason", longString(death.reason)],
    ["queue", longString(death.queue)],
    ["time", { type: "T", value: death.timeSeconds }],
    ["exchange", longString(death.exchange)],
    ["routing-keys", { type: "A", value: death.routingKeys.map(longString) }],
  ];
  if (death.originalExpiration !== null)
    table.unshift([EXPIRATION_FIELD, longString(death.originalExpiration)]);
  return { type: "F", value: table };
}

/** The headers with this history in them. `isFirst`: the message had none before. */
export function withDeaths(headers: FieldTable, deaths: readonly Death[], isFirst: boolean): FieldTable {
  const { reason, queue, exchange } = deaths[0]!;
  const last: [string, FieldValue][] = [
    ["reason", longString(reason)],
    ["queue", longString(queue)],
    ["exchange", longString(exchange)],
  ];
  const written: [string, FieldValue][] = [[X_DEATH, { type: "A", value: deaths.map(deathTable) }]];
  if (isFirst) for (const [name, value] of last) written.push([`x-first-death-${name}`, value]);
  for (const [name, value] of last) written.push([`x-last-death-${name}`, value]);
  const names = new Set(written.map(([name]) => name));
  return [...headers.filter(([name]) => !names.has(name)), ...written];
}

/** The headers with an x-death that reads the same and is not taken for the broker's; null: they are right as they are. */
export function disownDeaths(headers: FieldTable): FieldTable | null {
  if (readDeaths(headers) === null) return null;
  const rotate = (entry: FieldValue): FieldValue => {
    const [first, ...rest] = entry.value as FieldTable;
    return { type: "F", value: [...rest, first!] };
  };
  return headers.map(([name, field]) =>
    name === X_DEATH
      ? [name, { type: "A", value: (field.value as readonly FieldValue[]).map(rotate) }]
      : [name, field],
  );
}
