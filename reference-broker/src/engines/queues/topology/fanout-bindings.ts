import type { Message } from "../../../mechanisms/message.ts";
import type { BindingRecord, Destination } from "./exchange.ts";
import type { ExchangeBindings } from "./exchange-types.ts";

/** Every binding matches. */
export class FanoutBindings implements ExchangeBindings {
  readonly routedBy = "nothing";
  readonly #records = new Set<BindingRecord>();

  add(record: BindingRecord): void {
    this.#records.add(record);
  }

  remove(record: BindingRecord): void {
    this.#records.delete(record);
  }

  collect(_keys: readonly string[], _message: Message, found: Destination[]): void {
    for (const record of this.#records) found.push(record.destination);
  }
}
