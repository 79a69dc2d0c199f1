import type { Message } from "../../../mechanisms/message.ts";
import type { BindingRecord, Destination } from "./exchange.ts";
import type { ExchangeBindings } from "./exchange-types.ts";

/** Bindings match when their key is the message's. */
export class DirectBindings implements ExchangeBindings {
  readonly routedBy = "key";
  readonly #byKey = new Map<string, Set<BindingRecord>>();

  add(record: BindingRecord): void {
    const records = this.#byKey.get(record.routingKey);
    if (records === undefined) this.#byKey.set(record.routingKey, new Set([record]));
    else records.add(record);
  }

  remove(record: BindingRecord): void {
    const records = this.#byKey.get(record.routingKey)!;
    records.delete(record);
    if (records.size === 0) this.#byKey.delete(record.routingKey);
  }

  collect(keys: readonly string[], _message: Message, found: Destination[]): void {
    for (const key of keys) {
      const records = this.#byKey.get(key);
      if (records === undefined) continue;
      for (const record of records) found.push(record.destination);
    }
  }
}
