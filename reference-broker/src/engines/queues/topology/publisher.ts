/** What a publish does, from the message to the queues. The hot path makes nothing new: it looks the route up and hands over. */
import type { Message } from "../../../mechanisms/message.ts";
import { PUBLISHED } from "../contract.ts";
import { disownDeaths, X_DEATH } from "../deaths.ts";
import { editMessage } from "../message-edit.ts";
import type { EngineQueue } from "../queue-environment.ts";
import type { Exchange } from "./exchange.ts";
import type { QueueRegistry } from "./queue-registry.ts";
import * as refuse from "./resource-errors.ts";
import { BCC, CC, headerKeys, mayHold, withoutField } from "./routing-keys.ts";
import type { Topology } from "./topology.ts";

export interface PublisherEnvironment {
  defer(callback: () => void): void;
  count(bytes: number): void;
}

/** Headers that a publish acts on. "CC" is found in "BCC" too. */
const ACTED_ON: readonly Buffer[] = [Buffer.from(CC), Buffer.from(X_DEATH)];
/** What a message takes besides its body, roughly. */
const MESSAGE_OVERHEAD_BYTES = 256;
const NO_KEYS: readonly string[] = [];

export class Publisher {
  readonly #virtualHost: string;
  readonly #topology: Topology;
  readonly #queues: QueueRegistry;
  readonly #environment: PublisherEnvironment;
  /** BCC is not stored with a message, but its dead letters go by it. Forgotten by a restart and when paged out. */
  readonly #blindKeys = new WeakMap<Message, readonly string[]>();
  /** Queues with the block-publisher policy that are full. */
  readonly #blocking = new Set<EngineQueue>();
  #resumes: (() => void)[] = [];
  #resumeScheduled = false;

  constructor(
    virtualHost: string,
    topology: Topology,
    queues: QueueRegistry,
    environment: PublisherEnvironment,
  ) {
    this.#virtualHost = virtualHost;
    this.#topology = topology;
    this.#queues = queues;
    this.#environment = environment;
  }

  readonly publish = (message: Message): number => {
    if (mayHold(message.properties, ACTED_ON)) return this.#publishByHeaders(message);
    const { exchange, routingKey } = message;
    const route =
      exchange === ""
        ? this.#queues.defaultRoute(routingKey)
        : this.#topology.router.route(this.#target(exchange), routingKey, message);
    return this.#enqueue(route, message);
  };

  whenRoom(resume: () => void): void {
    this.#resumes.push(resume);
    if (this.#blocking.size === 0) this.#scheduleResume();
  }

  room(queue: EngineQueue): void {
    this.#blocking.delete(queue);
    if (this.#blocking.size === 0 && this.#resumes.length > 0) this.#scheduleResume();
  }

  routeDeadLetter(
    exchange: string,
    keys: readonly string[],
    message: Message,
  ): readonly EngineQueue[] | null {
    if (exchange === "") return this.#routeByNames(keys);
    const target = this.#topology.exchanges.get(exchange);
    return target === undefined ? null : this.#routeByKeys(target, keys, message);
  }

  blindKeysOf(message: Message): readonly string[] {
    return this.#blindKeys.get(message) ?? NO_KEYS;
  }

  #enqueue(route: readonly EngineQueue[], message: Message): number {
    const { length } = route;
    if (length === 0) return 0;
    let bits: number = PUBLISHED.routed;
    for (let index = 0; index < length; index++) bits |= route[index]!.enqueue(message);
    if ((bits & PUBLISHED.blocked) !== 0) this.#noteBlocking(route);
    this.#environment.count(message.bodyBytes + MESSAGE_OVERHEAD_BYTES);
    return bits;
  }

  #noteBlocking(route: readonly EngineQueue[]): void {
    for (const queue of route) if (queue.isBlocking) this.#blocking.add(queue);
  }

  #publishByHeaders(message: Message): number {
    const target = message.exchange === "" ? null : this.#target(message.exchange);
    const headers = message.headers() ?? [];
    const blind = headerKeys(headers, BCC);
    const keys = [message.routingKey, ...headerKeys(headers, CC), ...blind];
    const stored = this.#withoutInternals(message);
    if (blind.length > 0) this.#blindKeys.set(stored, blind);
    const route = target === null ? this.#routeByNames(keys) : this.#routeByKeys(target, keys, stored);
    return this.#enqueue(route, stored);
  }

  /** Without BCC, and with no history that only the broker may write. */
  #withoutInternals(message: Message): Message {
    const headers = message.headers() ?? [];
    const visible = headers.some(([name]) => name === BCC) ? withoutField(headers, BCC) : headers;
    const changed = disownDeaths(visible) ?? visible;
    if (changed === headers) return message;
    const { exchange, routingKey } = message;
    return editMessage(message, { exchange, routingKey, headers: changed, keepsExpiration: true });
  }

  #routeByKeys(target: Exchange, keys: readonly string[], message: Message): readonly EngineQueue[] {
    const { router } = this.#topology;
    return keys.length === 1
      ? router.route(target, keys[0]!, message)
      : router.routeByKeys(target, keys, message);
  }

  #routeByNames(names: readonly string[]): readonly EngineQueue[] {
    if (names.length === 1) return this.#queues.defaultRoute(names[0]!);
    return [...new Set(names)].flatMap((name) => this.#queues.defaultRoute(name));
  }

  #target(name: string): Exchange {
    const exchange = this.#topology.exchanges.get(name);
    if (exchange === undefined) throw refuse.notFound(this.#describe(name));
    if (exchange.internal) throw refuse.internalExchange(this.#describe(name));
    return exchange;
  }

  #describe(exchange: string): string {
    return refuse.describeResource("exchange", exchange, this.#virtualHost);
  }

  #scheduleResume(): void {
    if (this.#resumeScheduled) return;
    this.#resumeScheduled = true;
    this.#environment.defer(() => {
      this.#resumeScheduled = false;
      // Some queue may have filled up again.
      if (this.#blocking.size > 0) return;
      const resumes = this.#resumes;
      this.#resumes = [];
      for (const resume of resumes) resume();
    });
  }
}
