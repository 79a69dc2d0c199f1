/** Exchanges and bindings of one virtual host, in memory. What is durable is told to the definitions as it changes. */
import type { FieldTable } from "../../../mechanisms/message.ts";
import type { ExchangeDeclaration } from "../contract.ts";
import { bindingIdentity } from "./binding-identity.ts";
import { type BindingRecord, type Destination, Exchange } from "./exchange.ts";
import { NO_ARGUMENTS, PREDECLARED_EXCHANGES } from "./exchange-types.ts";
import { Router } from "./router.ts";

/** Told of durable ones only: what has to be there after a restart. */
export interface TopologyDefinitions {
  exchangeDeclared(exchange: Exchange): void;
  exchangeDeleted(exchange: Exchange): void;
  bound(record: BindingRecord): void;
  unbound(record: BindingRecord): void;
}

export class Topology {
  readonly #definitions: TopologyDefinitions;
  readonly #exchanges = new Map<string, Exchange>();
  /** Bindings by where they lead. */
  readonly #incoming = new Map<Destination, Set<BindingRecord>>();
  readonly router: Router;

  constructor(definitions: TopologyDefinitions) {
    this.#definitions = definitions;
    this.router = new Router(this.#exchanges);
    for (const { name, type, internal } of PREDECLARED_EXCHANGES) {
      const rest = { durable: true, autoDelete: false, arguments: NO_ARGUMENTS };
      this.#exchanges.set(name, new Exchange({ name, type, internal, ...rest }));
    }
  }

  /** All but the default exchange, which has no bindings of its own. */
  get exchanges(): ReadonlyMap<string, Exchange> {
    return this.#exchanges;
  }

  /** The name is free and the declaration right. */
  declareExchange(declaration: ExchangeDeclaration): Exchange {
    const exchange = new Exchange(declaration);
    this.#exchanges.set(exchange.name, exchange);
    // It may be the alternate of another.
    this.router.invalidate();
    if (exchange.durable) this.#definitions.exchangeDeclared(exchange);
    return exchange;
  }

  /** Its bindings go, and the auto-delete exchanges that led to nothing but it. */
  deleteExchange(exchange: Exchange): void {
    this.#exchanges.delete(exchange.name);
    for (const record of exchange.records.values()) this.#removeRecord(record);
    this.removeDestination(exchange);
    this.router.invalidate();
    if (exchange.durable) this.#definitions.exchangeDeleted(exchange);
  }

  /** Binding twice is binding once. */
  bind(source: Exchange, destination: Destination, routingKey: string, table: FieldTable): void {
    const identity = identityOf(destination, routingKey, table);
    if (source.records.has(identity)) return;
    const record = { source, destination, routingKey, arguments: table, identity };
    source.records.set(identity, record);
    source.bindings.add(record);
    const incoming = this.#incoming.get(destination);
    if (incoming === undefined) this.#incoming.set(destination, new Set([record]));
    else incoming.add(record);
    this.router.invalidate();
    if (isDurable(record)) this.#definitions.bound(record);
  }

  findBinding(
    source: Exchange,
    destination: Destination,
    routingKey: string,
    table: FieldTable,
  ): BindingRecord | undefined {
    return source.records.get(identityOf(destination, routingKey, table));
  }

  unbind(record: BindingRecord): void {
    this.#removeRecord(record);
    this.router.invalidate();
    this.#deleteUnused(record.source);
  }

  /** All bindings that lead there. */
  removeDestination(destination: Destination): void {
    const incoming = this.#incoming.get(destination);
    if (incoming === undefined) return;
    const records = [...incoming];
    for (const record of records) this.#removeRecord(record);
    this.router.invalidate();
    for (const { source } of records) this.#deleteUnused(source);
  }

  #removeRecord(record: BindingRecord): void {
    const { source, destination, identity } = record;
    source.records.delete(identity);
    source.bindings.remove(record);
    const incoming = this.#incoming.get(destination)!;
    incoming.delete(record);
    if (incoming.size === 0) this.#incoming.delete(destination);
    if (isDurable(record)) this.#definitions.unbound(record);
  }

  /** An auto-delete exchange goes with its last binding. */
  #deleteUnused(exchange: Exchange): void {
    const isDeclared = this.#exchanges.get(exchange.name) === exchange;
    if (isDeclared && exchange.autoDelete && exchange.records.size === 0) this.deleteExchange(exchange);
  }
}

function identityOf(destination: Destination, routingKey: string, table: FieldTable): string {
  const kind = destination instanceof Exchange ? "exchange" : "queue";
  return bindingIdentity(kind, destination.name, routingKey, table);
}

function isDurable({ source, destination }: BindingRecord): boolean {
  return source.durable && destination.durable;
}
