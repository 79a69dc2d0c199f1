/** What a channel in tx mode has published and settled since the last commit or rollback; nothing of it has happened yet. */
import type { Message } from "../../mechanisms/message.ts";
import type { ContentBudget } from "./content-budget.ts";
import type { DeliveryOwner } from "./unacked-deliveries.ts";

export type Settlement = "ack" | "requeue" | "reject";

export class Transaction {
  readonly #budget: ContentBudget;
  messages: { readonly message: Message; readonly mandatory: boolean }[] = [];
  /** Settled deliveries, as parallel lists. */
  tags: number[] = [];
  owners: DeliveryOwner[] = [];
  positions: number[] = [];
  settlements: Settlement[] = [];
  #bytes = 0;

  constructor(budget: ContentBudget) {
    this.#budget = budget;
  }

  publish(message: Message, mandatory: boolean): void {
    const bytes = message.bodyBytes + message.properties.length;
    this.#budget.take(bytes);
    this.#bytes += bytes;
    message.keep();
    this.messages.push({ message, mandatory });
  }

  settle(owner: DeliveryOwner, position: number, tag: number, settlement: Settlement): void {
    this.tags.push(tag);
    this.owners.push(owner);
    this.positions.push(position);
    this.settlements.push(settlement);
  }

  clear(): void {
    this.#budget.release(this.#bytes);
    this.#bytes = 0;
    this.messages = [];
    this.tags = [];
    this.owners = [];
    this.positions = [];
    this.settlements = [];
  }
}
