import type { FieldTable } from "../../../mechanisms/message.ts";
import type { ExchangeDeclaration, ExchangeType } from "../contract.ts";
import type { EngineQueue } from "../queue-environment.ts";
import { type ExchangeBindings, exchangeTypes } from "./exchange-types.ts";
import { findField } from "./field-values.ts";

/** Where a binding leads. */
export type Destination = EngineQueue | Exchange;

export interface BindingRecord {
  readonly source: Exchange;
  readonly destination: Destination;
  readonly routingKey: string;
  readonly arguments: FieldTable;
  /** Kind and name of the destination, key and arguments: what makes two bindings of one source the same. */
  readonly identity: string;
}

export const ALTERNATE_EXCHANGE = "alternate-exchange";

/** An exchange with the bindings that start from it, and the routes found through them until something changes. */
export class Exchange {
  readonly name: string;
  readonly type: ExchangeType;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly arguments: FieldTable;
  /** Name of the exchange that gets what this one cannot route; it need not exist. */
  readonly alternate: string | null;
  readonly records = new Map<string, BindingRecord>();
  readonly bindings: ExchangeBindings;

  /** The router's: the route of every key, when neither key nor headers decide. */
  commonRoute: readonly EngineQueue[] | null = null;
  /** The router's: routes by key. */
  readonly routes = new Map<string, readonly EngineQueue[]>();

  /** `declaration.type` is one of ours. */
  constructor(declaration: ExchangeDeclaration) {
    this.name = declaration.name;
    this.type = declaration.type as ExchangeType;
    this.durable = declaration.durable;
    this.autoDelete = declaration.autoDelete;
    this.internal = declaration.internal;
    this.arguments = declaration.arguments;
    const alternate = findField(declaration.arguments, ALTERNATE_EXCHANGE);
    this.alternate = alternate === undefined ? null : String(alternate.value);
    this.bindings = exchangeTypes[this.type]();
  }
}
