/** One virtual host: declarations in RabbitMQ 4's order of checks and words, and what a publish does. */
import type { Message } from "../../../mechanisms/message.ts";
import type { Binding, ExchangeDeclaration, Queue, QueueDeclaration, VirtualHost } from "../contract.ts";
import type { DeadLetterRouting } from "../dead-letters.ts";
import type { EngineQueue } from "../queue-environment.ts";
import { requireSameArguments, requireSameField } from "./equivalence.ts";
import { ALTERNATE_EXCHANGE, type Exchange } from "./exchange.ts";
import { checkNewExchange, requireKnownType } from "./exchange-declaration.ts";
import { checkHeadersBinding } from "./headers-bindings.ts";
import { Publisher } from "./publisher.ts";
import { QueueRegistry } from "./queue-registry.ts";
import * as refuse from "./resource-errors.ts";
import { Topology, type TopologyDefinitions } from "./topology.ts";

/** What a virtual host is given by the engine. */
export interface VirtualHostEnvironment {
  readonly definitions: TopologyDefinitions & QueueDefinitions;
  /** Makes the queue, with a store when it is durable. `declaration.name` is not empty. */
  makeQueue(host: QueueHost, declaration: QueueDeclaration): EngineQueue;
  /** Throws precondition-failed for wrong x-arguments. */
  checkQueueArguments(declaration: QueueDeclaration, virtualHost: string): void;
  readonly queueArgumentNames: readonly string[];
  /** 22 characters of base64url that nobody can guess. */
  randomName(): string;
  /** Resolves when everything taken until now is stored; throws BrokerError STORAGE_FAILED when that failed. */
  stored(): Promise<void>;
  /** Calls back in a later turn of the event loop. */
  defer(callback: () => void): void;
  /** Bytes of a message that was published. */
  count(bytes: number): void;
  /** The queue is about to be deleted. */
  retire(queue: EngineQueue): void;
}

export interface QueueDefinitions {
  queueDeclared(queue: EngineQueue): void;
  queueDeleted(queue: EngineQueue): void;
}

/** What a queue's environment asks of the virtual host. */
export interface QueueHost extends DeadLetterRouting {
  readonly name: string;
  unused(queue: EngineQueue): void;
  expired(queue: EngineQueue): void;
  room(queue: EngineQueue): void;
}

export class BrokerVirtualHost implements VirtualHost, QueueHost {
  readonly name: string;
  readonly #environment: VirtualHostEnvironment;
  readonly #topology: Topology;
  readonly #queues = new QueueRegistry();
  readonly #publisher: Publisher;

  constructor(name: string, environment: VirtualHostEnvironment) {
    this.name = name;
    this.#environment = environment;
    this.#topology = new Topology(environment.definitions);
    this.#publisher = new Publisher(name, this.#topology, this.#queues, environment);
    this.publish = this.#publisher.publish;
  }

  /** See the contract. A field, so that the call goes straight to the publisher. */
  readonly publish: (message: Message) => number;

  get topology(): Topology {
    return this.#topology;
  }

  queue(name: string): EngineQueue | undefined {
    return this.#queues.get(name);
  }

  queues(): Iterable<EngineQueue> {
    return this.#queues.all();
  }

  async declareExchange(declaration: ExchangeDeclaration): Promise<void> {
    const { name } = declaration;
    requireKnownType(declaration.type);
    if (name === "") throw refuse.defaultExchange();
    const existing = this.#topology.exchanges.get(name);
    if (existing === undefined) {
      checkNewExchange(declaration, this.name);
      this.#topology.declareExchange(declaration);
    } else this.#requireSameExchange(existing, declaration);
    if (declaration.durable) await this.#environment.stored();
  }

  #requireSameExchange(existing: Exchange, declaration: ExchangeDeclaration): void {
    const resource = this.#describeExchange(existing.name);
    requireSameField("type", resource, declaration.type, existing.type);
    requireSameField("durable", resource, declaration.durable, existing.durable);
    requireSameField("auto_delete", resource, declaration.autoDelete, existing.autoDelete);
    requireSameField("internal", resource, declaration.internal, existing.internal);
    requireSameArguments([ALTERNATE_EXCHANGE], resource, declaration.arguments, existing.arguments);
  }

  requireExchange(name: string): { readonly type: string; readonly internal: boolean } {
    if (name === "") throw refuse.defaultExchange();
    return this.#exchange(name);
  }

  async deleteExchange(name: string, ifUnused: boolean): Promise<void> {
    if (name === "") throw refuse.defaultExchange();
    const resource = this.#describeExchange(name);
    if (name.startsWith(refuse.RESERVED_PREFIX)) throw refuse.systemExchange(resource);
    const exchange = this.#topology.exchanges.get(name);
    if (exchange === undefined) return;
    if (ifUnused && exchange.records.size > 0) throw refuse.inUse(resource);
    this.#topology.deleteExchange(exchange);
    if (exchange.durable) await this.#environment.stored();
  }

  async bindExchange(binding: Binding): Promise<void> {
    if (binding.source === "" || binding.destination === "") throw refuse.defaultExchange();
    const source = this.#exchange(binding.source);
    await this.#bind(source, this.#exchange(binding.destination), binding);
  }

  async unbindExchange(binding: Binding): Promise<void> {
    if (binding.source === "" || binding.destination === "") throw refuse.defaultExchange();
    const destination = this.#topology.exchanges.get(binding.destination);
    if (destination !== undefined) await this.#unbind(destination, binding, () => {});
  }

  async declareQueue(declaration: QueueDeclaration): Promise<Queue> {
    const { exclusiveOwner } = declaration;
    const isNamed = declaration.name !== "";
    if (declaration.name.startsWith(refuse.RESERVED_PREFIX))
      throw refuse.reservedName("queue", declaration.name);
    const name = isNamed
      ? declaration.name
      : `${refuse.RESERVED_PREFIX}gen-${this.#environment.randomName()}`;
    // An exclusive queue goes with its connection: it never outlives the broker (RabbitMQ takes it so too).
    const durable = declaration.durable && exclusiveOwner === null;
    const wanted = { ...declaration, name, durable };
    const existing = this.#queues.get(name);
    if (existing !== undefined) this.#redeclare(existing, wanted);
    const queue = existing ?? this.#createQueue(wanted);
    if (durable) await this.#environment.stored();
    return queue;
  }

  #createQueue(declaration: QueueDeclaration): EngineQueue {
    this.#environment.checkQueueArguments(declaration, this.name);
    const queue = this.adopt(declaration);
    if (queue.durable) this.#environment.definitions.queueDeclared(queue);
    return queue;
  }

  /** Makes a queue that was declared before the start. */
  adopt(declaration: QueueDeclaration): EngineQueue {
    const queue = this.#environment.makeQueue(this, declaration);
    this.#queues.add(queue);
    return queue;
  }

  #redeclare(queue: EngineQueue, declaration: QueueDeclaration): void {
    const resource = this.#describeQueue(queue.name);
    if (queue.exclusiveOwner !== declaration.exclusiveOwner) throw refuse.lockedQueue(resource);
    requireSameField("durable", resource, declaration.durable, queue.durable);
    requireSameField("auto_delete", resource, declaration.autoDelete, queue.autoDelete);
    const names = this.#environment.queueArgumentNames;
    requireSameArguments(names, resource, declaration.arguments, queue.arguments);
    queue.touch();
  }

  requireQueue(name: string, owner: object): EngineQueue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw refuse.notFound(this.#describeQueue(name));
    this.#requireAccess(queue, owner);
    return queue;
  }

  async deleteQueue(
    name: string,
    owner: object,
    conditions: { ifUnused: boolean; ifEmpty: boolean },
  ): Promise<number> {
    const queue = this.#queues.get(name);
    if (queue === undefined) return 0;
    this.#requireAccess(queue, owner);
    const resource = this.#describeQueue(name);
    if (conditions.ifUnused && queue.consumerCount > 0) throw refuse.inUse(resource);
    if (conditions.ifEmpty && queue.readyCount > 0) throw refuse.notEmpty(resource);
    const readyCount = this.#removeQueue(queue);
    if (queue.durable) await this.#environment.stored();
    return readyCount;
  }

  async bindQueue(binding: Binding, owner: object): Promise<void> {
    if (binding.source === "") throw refuse.defaultExchange();
    const source = this.#exchange(binding.source);
    await this.#bind(source, this.requireQueue(binding.destination, owner), binding);
  }

  /** What is not bound is unbound already; only of a binding that is there the queue must not be another's. */
  async unbindQueue(binding: Binding, owner: object): Promise<void> {
    if (binding.source === "") throw refuse.defaultExchange();
    const queue = this.#queues.get(binding.destination);
    if (queue !== undefined) await this.#unbind(queue, binding, () => this.#requireAccess(queue, owner));
  }

  releaseOwner(owner: object): void {
    for (const queue of this.#queues.ownedBy(owner)) this.#removeQueue(queue);
  }

  whenRoom(resume: () => void): void {
    this.#publisher.whenRoom(resume);
  }

  routeDeadLetter(
    exchange: string,
    keys: readonly string[],
    message: Message,
  ): readonly EngineQueue[] | null {
    return this.#publisher.routeDeadLetter(exchange, keys, message);
  }

  blindKeysOf(message: Message): readonly string[] {
    return this.#publisher.blindKeysOf(message);
  }

  unused(queue: EngineQueue): void {
    if (queue.consumerCount === 0) this.#removeQueue(queue);
  }

  expired(queue: EngineQueue): void {
    this.#removeQueue(queue);
  }

  room(queue: EngineQueue): void {
    this.#publisher.room(queue);
  }

  async #bind(source: Exchange, destination: EngineQueue | Exchange, binding: Binding): Promise<void> {
    if (source.type === "headers") checkHeadersBinding(binding.arguments);
    this.#topology.bind(source, destination, binding.routingKey, binding.arguments);
    if (source.durable && destination.durable) await this.#environment.stored();
  }

  async #unbind(
    destination: EngineQueue | Exchange,
    binding: Binding,
    checkAccess: () => void,
  ): Promise<void> {
    const source = this.#topology.exchanges.get(binding.source);
    if (source === undefined) return;
    const record = this.#topology.findBinding(source, destination, binding.routingKey, binding.arguments);
    if (record === undefined) return;
    checkAccess();
    this.#topology.unbind(record);
    if (source.durable && destination.durable) await this.#environment.stored();
  }

  /** Out of all tables first: consumers are told last, and may call back. */
  #removeQueue(queue: EngineQueue): number {
    if (this.#queues.get(queue.name) !== queue) return 0;
    this.#queues.remove(queue);
    this.#topology.removeDestination(queue);
    if (queue.durable) this.#environment.definitions.queueDeleted(queue);
    this.#environment.retire(queue);
    return queue.delete();
  }

  #exchange(name: string): Exchange {
    const exchange = this.#topology.exchanges.get(name);
    if (exchange === undefined) throw refuse.notFound(this.#describeExchange(name));
    return exchange;
  }

  #requireAccess(queue: EngineQueue, owner: object): void {
    if (queue.exclusiveOwner === null || queue.exclusiveOwner === owner) return;
    throw refuse.lockedQueue(this.#describeQueue(queue.name));
  }

  #describeExchange(name: string): string {
    return refuse.describeResource("exchange", name, this.name);
  }

  #describeQueue(name: string): string {
    return refuse.describeResource("queue", name, this.name);
  }
}
