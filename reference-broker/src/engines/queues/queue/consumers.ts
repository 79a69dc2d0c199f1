import type { Subscription } from "../contract.ts";

/** One subscription in its level's circle of those that were ready when last looked at. */
class Consumer {
  readonly subscription: Subscription;
  readonly level: Level;
  /** null: not in the circle. */
  next: Consumer | null = null;
  previous: Consumer | null = null;
  /** It was told to go; its connection may take a while. */
  isDisconnecting = false;

  constructor(subscription: Subscription, level: Level) {
    this.subscription = subscription;
    this.level = level;
  }
}

/** Consumers of one x-priority. */
class Level {
  readonly priority: number;
  /** Whose turn it is; null: none of them is ready. */
  turn: Consumer | null = null;
  /** Ready or not. */
  size = 0;

  constructor(priority: number) {
    this.priority = priority;
  }

  /** Last in turn, as RabbitMQ puts one that can take messages again. */
  enter(consumer: Consumer): void {
    if (consumer.next !== null) return;
    const turn = this.turn;
    if (turn === null) {
      consumer.next = consumer;
      consumer.previous = consumer;
      this.turn = consumer;
      return;
    }
    consumer.next = turn;
    consumer.previous = turn.previous;
    turn.previous!.next = consumer;
    turn.previous = consumer;
  }

  leave(consumer: Consumer): void {
    const { next, previous } = consumer;
    if (next === null) return;
    if (this.turn === consumer) this.turn = next === consumer ? null : next;
    previous!.next = next;
    next.previous = previous;
    consumer.next = null;
    consumer.previous = null;
  }
}

/**
 * The consumers of one queue: higher x-priority first, in turn among equals, one that is not ready costs nothing until it
 * is resumed. With a single active consumer one gets all; when it goes, the highest priority and among equals the one
 * that was first takes over.
 */
export class Consumers {
  /** In the order of registration. */
  readonly #consumers = new Map<Subscription, Consumer>();
  /** Highest priority first. */
  readonly #levels: Level[] = [];
  readonly #singleActive: boolean;
  #active: Consumer | null = null;
  #ready: Consumer | null = null;
  #hasExclusive = false;

  constructor(singleActive: boolean) {
    this.#singleActive = singleActive;
  }

  get count(): number {
    return this.#consumers.size;
  }

  /** Whether another one may join: RabbitMQ has no exclusive consumer beside others, nor a single active one. */
  admits(subscription: Subscription): boolean {
    if (this.#hasExclusive) return false;
    return !subscription.exclusive || (!this.#singleActive && this.#consumers.size === 0);
  }

  add(subscription: Subscription): void {
    const consumer = new Consumer(subscription, this.#levelOf(subscription.priority));
    this.#consumers.set(subscription, consumer);
    this.#hasExclusive = subscription.exclusive;
    consumer.level.size++;
    consumer.level.enter(consumer);
    this.#active ??= consumer;
  }

  #levelOf(priority: number): Level {
    const index = this.#levels.findIndex((level) => level.priority <= priority);
    const found = this.#levels[index];
    if (found?.priority === priority) return found;
    const level = new Level(priority);
    this.#levels.splice(index === -1 ? this.#levels.length : index, 0, level);
    return level;
  }

  /** False: it was not here. */
  remove(subscription: Subscription): boolean {
    const consumer = this.#consumers.get(subscription);
    if (consumer === undefined) return false;
    this.#consumers.delete(subscription);
    consumer.level.leave(consumer);
    this.#hasExclusive = false;
    if (this.#active === consumer) this.#active = this.#successor();
    consumer.level.size--;
    if (consumer.level.size === 0) this.#levels.splice(this.#levels.indexOf(consumer.level), 1);
    return true;
  }

  #successor(): Consumer | null {
    let best: Consumer | null = null;
    for (const consumer of this.#consumers.values()) {
      if (best === null || consumer.level.priority > best.level.priority) best = consumer;
    }
    return best;
  }

  resume(subscription: Subscription): void {
    const consumer = this.#consumers.get(subscription);
    if (consumer !== undefined) consumer.level.enter(consumer);
  }

  /** The ready one whose turn it is, or null. Call `pass` when it gets a message, and before it gets it. */
  peek(): Subscription | null {
    if (this.#singleActive) {
      const active = this.#active;
      return active?.subscription.isReady ? active.subscription : null;
    }
    for (const level of this.#levels) {
      let consumer = level.turn;
      while (consumer !== null) {
        if (consumer.subscription.isReady) {
          this.#ready = consumer;
          return consumer.subscription;
        }
        level.leave(consumer);
        consumer = level.turn;
      }
    }
    return null;
  }

  /** The one that peek() named has had its turn. */
  pass(): void {
    if (!this.#singleActive) this.#ready!.level.turn = this.#ready!.next;
  }

  /** Disconnects those that are not ready, each once. */
  disconnectSlow(reason: string): void {
    for (const consumer of [...this.#consumers.values()]) {
      if (consumer.isDisconnecting || consumer.subscription.isReady) continue;
      consumer.isDisconnecting = true;
      consumer.subscription.disconnect(reason);
    }
  }

  /** In the order of registration. */
  all(): Subscription[] {
    return [...this.#consumers.keys()];
  }
}
