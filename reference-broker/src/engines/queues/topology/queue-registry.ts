import type { EngineQueue } from "../queue-environment.ts";

interface Entry {
  readonly queue: EngineQueue;
  /** The queue alone: its route from the default exchange. */
  readonly route: readonly EngineQueue[];
}

const NO_ROUTE: readonly EngineQueue[] = [];

/** The queues of a virtual host by their names and by the connections that own them. */
export class QueueRegistry {
  readonly #entries = new Map<string, Entry>();
  readonly #owned = new Map<object, Set<EngineQueue>>();

  get(name: string): EngineQueue | undefined {
    return this.#entries.get(name)?.queue;
  }

  /** Through the default exchange: every queue is bound to it by its name (AMQP 3.1.3.1). */
  defaultRoute(routingKey: string): readonly EngineQueue[] {
    const entry = this.#entries.get(routingKey);
    return entry === undefined ? NO_ROUTE : entry.route;
  }

  *all(): Iterable<EngineQueue> {
    for (const { queue } of this.#entries.values()) yield queue;
  }

  add(queue: EngineQueue): void {
    this.#entries.set(queue.name, { queue, route: [queue] });
    const owner = queue.exclusiveOwner;
    if (owner === null) return;
    const owned = this.#owned.get(owner);
    if (owned === undefined) this.#owned.set(owner, new Set([queue]));
    else owned.add(queue);
  }

  remove(queue: EngineQueue): void {
    this.#entries.delete(queue.name);
    const owner = queue.exclusiveOwner;
    const owned = owner === null ? undefined : this.#owned.get(owner);
    if (owned === undefined) return;
    owned.delete(queue);
    if (owned.size === 0) this.#owned.delete(owner!);
  }

  ownedBy(owner: object): EngineQueue[] {
    return [...(this.#owned.get(owner) ?? [])];
  }
}
