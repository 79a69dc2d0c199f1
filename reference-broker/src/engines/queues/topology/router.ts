/** From exchange and routing key to queues. Routes are remembered until the topology changes, so that a publish only looks one up. */
import type { Message } from "../../../mechanisms/message.ts";
import type { EngineQueue } from "../queue-environment.ts";
import { type Destination, Exchange } from "./exchange.ts";

/** Routes remembered in a virtual host; with more all are forgotten. */
export const MAX_REMEMBERED_ROUTES = 65_536;

export class Router {
  readonly #exchanges: ReadonlyMap<string, Exchange>;
  /** Exchanges with routes remembered, and how many those are. */
  readonly #remembering = new Set<Exchange>();
  #remembered = 0;
  /** A single key, as a list. */
  readonly #oneKey: string[] = [""];

  constructor(exchanges: ReadonlyMap<string, Exchange>) {
    this.#exchanges = exchanges;
  }

  /** Exchanges or bindings changed: no route found before is right any more. */
  invalidate(): void {
    for (const exchange of this.#remembering) {
      exchange.commonRoute = null;
      exchange.routes.clear();
    }
    this.#remembering.clear();
    this.#remembered = 0;
  }

  /** The queues, each once. The array stays as it is, whatever changes meanwhile. */
  route(exchange: Exchange, routingKey: string, message: Message): readonly EngineQueue[] {
    return (
      exchange.commonRoute ?? exchange.routes.get(routingKey) ?? this.#find(exchange, routingKey, message)
    );
  }

  /** As `route`, for a message with more keys than one. Nothing is remembered. */
  routeByKeys(exchange: Exchange, keys: readonly string[], message: Message): readonly EngineQueue[] {
    return new RouteSearch(this.#exchanges, keys, message).run(exchange);
  }

  #find(exchange: Exchange, routingKey: string, message: Message): readonly EngineQueue[] {
    this.#oneKey[0] = routingKey;
    const search = new RouteSearch(this.#exchanges, this.#oneKey, message);
    const route = search.run(exchange);
    if (search.routedByHeaders) return route;
    if (this.#remembered === MAX_REMEMBERED_ROUTES) this.invalidate();
    this.#remembered++;
    this.#remembering.add(exchange);
    if (search.routedByKey) exchange.routes.set(routingKey, route);
    else exchange.commonRoute = route;
    return route;
  }
}

/** One walk over exchanges: each is visited once, whatever circles its bindings make. */
class RouteSearch {
  readonly #exchanges: ReadonlyMap<string, Exchange>;
  readonly #keys: readonly string[];
  readonly #message: Message;
  readonly #seen = new Set<Destination>();
  readonly #queues: EngineQueue[] = [];
  readonly #found: Destination[] = [];
  routedByKey = false;
  routedByHeaders = false;

  constructor(exchanges: ReadonlyMap<string, Exchange>, keys: readonly string[], message: Message) {
    this.#exchanges = exchanges;
    this.#keys = keys;
    this.#message = message;
  }

  run(start: Exchange): readonly EngineQueue[] {
    const work: Exchange[] = [];
    this.#see(start, work);
    for (let exchange = work.pop(); exchange !== undefined; exchange = work.pop())
      this.#visit(exchange, work);
    return this.#queues;
  }

  #visit(exchange: Exchange, work: Exchange[]): void {
    const { bindings } = exchange;
    this.routedByKey ||= bindings.routedBy === "key";
    this.routedByHeaders ||= bindings.routedBy === "headers";
    const found = this.#found;
    found.length = 0;
    bindings.collect(this.#keys, this.#message, found);
    if (found.length === 0 && exchange.alternate !== null) {
      const alternate = this.#exchanges.get(exchange.alternate);
      if (alternate !== undefined) this.#see(alternate, work);
    }
    for (const destination of found) this.#see(destination, work);
  }

  #see(destination: Destination, work: Exchange[]): void {
    if (this.#seen.has(destination)) return;
    this.#seen.add(destination);
    if (destination instanceof Exchange) work.push(destination);
    else this.#queues.push(destination);
  }
}
