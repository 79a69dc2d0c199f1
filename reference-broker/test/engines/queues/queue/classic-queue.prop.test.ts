import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PUBLISHED } from "../../../../src/engines/queues/contract.ts";
import { MemoryStore } from "./memory-store.ts";
import { type Entry, type ModelSettings, QueueModel } from "./queue-model.ts";
import {
  type ArgumentValue,
  makeQueue,
  messageOf,
  type QueueUnderTest,
  TestSubscription,
} from "./test-queue.ts";

const settings: fc.Arbitrary<ModelSettings> = fc.record({
  ttlMs: fc.constantFrom(Infinity, Infinity, 0, 40),
  maxLength: fc.constantFrom(Infinity, Infinity, 1, 4),
  overflow: fc.constantFrom(
    "drop-head",
    "reject-publish",
    "reject-publish-dlx",
    "drop-new",
    "block-publisher",
  ),
  maxPriority: fc.constantFrom(0, 0, 2),
  exact: fc.boolean(),
  deadLetters: fc.boolean(),
  singleActive: fc.boolean(),
  durable: fc.boolean(),
});

/** Numbers that choose among what there is choose modulo its count. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      priority: fc.nat(3),
      expirationMs: fc.constantFrom(-1, -1, 0, 10, 25, 60),
      persistent: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("get" as const), noAck: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("subscribe" as const),
      noAck: fc.boolean(),
      prefetch: fc.integer({ min: 0, max: 3 }),
      priority: fc.nat(1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close channel" as const), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("ack" as const), which: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("requeue" as const, "reject" as const), mask: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("free" as const), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("pass time" as const), ms: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("page out" as const), bytes: fc.nat(10) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("purge" as const, "restart" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function argumentsOf(given: ModelSettings): Record<string, ArgumentValue> {
  const table: Record<string, ArgumentValue> = { "x-overflow": given.overflow };
  if (given.ttlMs !== Infinity) table["x-message-ttl"] = given.ttlMs;
  if (given.maxLength !== Infinity) table["x-max-length"] = given.maxLength;
  if (given.maxPriority > 0) table["x-max-priority"] = given.maxPriority;
  if (given.exact) table["x-expiry-mode"] = "exact";
  if (given.deadLetters) table["x-dead-letter-exchange"] = "dlx";
  if (given.singleActive) table["x-single-active-consumer"] = true;
  return table;
}

/** A queue and the model beside it. Every delivery is checked when it happens, everything else after each step. */
class Run {
  readonly #settings: ModelSettings;
  readonly #store: MemoryStore | null;
  readonly #model: QueueModel;
  #under: QueueUnderTest;
  #subscriptions: TestSubscription[] = [];
  #active: TestSubscription | null = null;
  /** Whose delivery a message is, to give back its prefetch. */
  readonly #holders = new Map<Entry, TestSubscription>();
  /** The message that is being published. */
  #fresh: Entry | null = null;
  #published = 0;
  #lettersSeen = 0;

  constructor(given: ModelSettings) {
    this.#settings = given;
    this.#store = given.durable ? new MemoryStore() : null;
    this.#model = new QueueModel(given);
    this.#under = this.#open();
  }

  #open(): QueueUnderTest {
    const store = this.#store === null ? {} : { store: this.#store };
    const clock = this.#under === undefined ? {} : { clock: this.#under.clock };
    return makeQueue({ arguments: argumentsOf(this.#settings), ...store, ...clock });
  }

  get #nowMs(): number {
    return this.#under.clock.nowMs;
  }

  /** Leaves no work pending, as an idle event loop does. */
  #settleDown(): void {
    const { environment, clock } = this.#under;
    do clock.advance(0);
    while (environment.runTurns() > 0);
    clock.advance(0);
  }

  async take(step: Step): Promise<void> {
    await this.#perform(step);
    this.#settleDown();
    this.#model.expire(this.#nowMs);
    this.#model.makeRoom();
    this.#check();
  }

  async #perform(step: Step): Promise<void> {
    switch (step.do) {
      case "publish":
        return this.#publish(step);
      case "get":
        return this.#get(step.noAck);
      case "subscribe":
        return this.#subscribe(step);
      case "close channel":
        return this.#closeChannel(step.which);
      case "ack":
        return this.#acknowledge(step.which);
      case "requeue":
        return this.#requeue(this.#chosen(step.mask));
      case "reject":
        return this.#reject(this.#chosen(step.mask));
      case "free":
        return this.#free(step.which);
      case "pass time":
        return this.#passTime(step.ms);
      case "page out":
        return void this.#under.queue.pageOut(step.bytes);
      case "purge":
        return this.#purge();
      case "restart":
        return this.#restart();
    }
  }

  #publish(step: Extract<Step, { do: "publish" }>): void {
    const { overflow, maxLength, ttlMs, deadLetters } = this.#settings;
    const model = this.#model;
    const body = `m${this.#published++}`;
    const message = messageOf(body, step);
    const isFull = model.ready.length + 1 > maxLength;
    if (isFull && overflow.startsWith("reject")) {
      if (overflow === "reject-publish-dlx" && deadLetters) model.letters.push({ body, reason: "maxlen" });
      assert.equal(this.#under.queue.enqueue(message), PUBLISHED.refused);
      return;
    }
    if (isFull && overflow === "drop-new") {
      assert.equal(this.#under.queue.enqueue(message), 0);
      return;
    }
    const entry = model.add(body, step.priority, step.expirationMs, step.persistent, this.#nowMs);
    this.#fresh = entry;
    const bits = this.#under.queue.enqueue(message);
    this.#fresh = null;
    const isQueued = model.entries.includes(entry) && entry.state === "ready";
    const isDiscarded = isQueued && ttlMs === 0 && !deadLetters;
    if (isDiscarded) model.remove(entry);
    const isKept = model.entries.includes(entry);
    if (isQueued && !isDiscarded) this.#settleQueued();
    const storing = isKept && step.persistent && this.#store !== null ? PUBLISHED.storing : 0;
    const blocked = isQueued && !isDiscarded && model.isBlocking ? PUBLISHED.blocked : 0;
    assert.equal(bits, storing | blocked);
  }

  #settleQueued(): void {
    const model = this.#model;
    if (this.#settings.exact) model.expire(this.#nowMs);
    model.dropExcess();
    model.expire(this.#nowMs);
    if (this.#settings.overflow === "block-publisher" && model.ready.length >= this.#settings.maxLength) {
      model.isBlocking = true;
    }
  }

  /** A delivery: the model's head must be what came. */
  #leaveReady(body: string, redelivered: boolean): Entry {
    this.#model.expire(this.#nowMs, this.#fresh);
    const head = this.#model.ready[0];
    assert.deepEqual({ body, redelivered }, { body: head?.body, redelivered: head?.redelivered });
    return head!;
  }

  #get(noAck: boolean): void {
    const taken = this.#under.queue.take(noAck);
    if (taken === null) {
      this.#model.expire(this.#nowMs);
      assert.equal(this.#model.ready.length, 0);
      return;
    }
    const entry = this.#leaveReady(taken.message.body.toString(), taken.redelivered);
    if (noAck) this.#model.remove(entry);
    else this.#hold(entry, taken.position);
  }

  #hold(entry: Entry, position: number): void {
    entry.state = "unacknowledged";
    entry.position = position;
  }

  #subscribe(step: Extract<Step, { do: "subscribe" }>): void {
    const subscription = new TestSubscription(String(this.#published), step);
    subscription.whenDelivered = ({ body, position, redelivered }) => {
      this.#checkTurn(subscription);
      const entry = this.#leaveReady(body, redelivered);
      if (step.noAck) this.#model.remove(entry);
      else {
        this.#hold(entry, position);
        this.#holders.set(entry, subscription);
      }
    };
    this.#subscriptions.push(subscription);
    this.#active ??= subscription;
    this.#under.queue.subscribe(subscription);
  }

  #checkTurn(subscription: TestSubscription): void {
    if (this.#settings.singleActive) {
      assert.equal(subscription, this.#active);
      return;
    }
    const better = this.#subscriptions.filter(
      (other) => other !== subscription && other.isReady && other.priority > subscription.priority,
    );
    assert.equal(better.length, 0, "a consumer of higher priority was ready");
  }

  #closeChannel(which: number): void {
    const subscription = this.#subscriptions[which % this.#subscriptions.length];
    if (subscription === undefined) return;
    this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription);
    if (this.#active === subscription) {
      const highest = Math.max(...this.#subscriptions.map(({ priority }) => priority));
      this.#active = this.#subscriptions.find(({ priority }) => priority === highest) ?? null;
    }
    this.#under.queue.unsubscribe(subscription);
    this.#requeue(this.#model.unacknowledged.filter((entry) => this.#holders.get(entry) === subscription));
  }

  #acknowledge(which: number): void {
    const unacknowledged = this.#model.unacknowledged;
    const entry = unacknowledged[which % unacknowledged.length];
    if (entry === undefined) return;
    this.#model.remove(entry);
    this.#under.queue.settle(entry.position);
    this.#release(entry);
  }

  #release(entry: Entry): void {
    const holder = this.#holders.get(entry);
    this.#holders.delete(entry);
    if (holder === undefined || !this.#subscriptions.includes(holder)) return;
    holder.prefetch++;
    this.#under.queue.resume(holder);
  }

  #chosen(mask: number): Entry[] {
    return this.#model.unacknowledged.filter((_entry, at) => (mask >> (at % 31)) % 2 === 1);
  }

  #requeue(entries: readonly Entry[]): void {
    const model = this.#model;
    for (const entry of entries) {
      entry.state = "ready";
      entry.redelivered = true;
    }
    if (entries.length > 0) {
      if (this.#settings.exact) model.expire(this.#nowMs);
      model.dropExcess();
      model.expire(this.#nowMs);
    }
    this.#under.queue.requeue(entries.map(({ position }) => position));
    for (const entry of entries) this.#release(entry);
  }

  #reject(entries: readonly Entry[]): void {
    for (const entry of entries) this.#model.kill(entry, "rejected");
    this.#under.queue.reject(entries.map(({ position }) => position));
    for (const entry of entries) this.#release(entry);
  }

  #free(which: number): void {
    const subscription = this.#subscriptions[which % this.#subscriptions.length];
    if (subscription === undefined) return;
    subscription.prefetch++;
    this.#under.queue.resume(subscription);
  }

  #passTime(ms: number): void {
    for (let at = 0; at < ms; at++) {
      this.#under.clock.advance(1);
      this.#settleDown();
      this.#model.expire(this.#nowMs);
    }
  }

  #purge(): void {
    const { ready } = this.#model;
    assert.equal(this.#under.queue.purge(), ready.length);
    for (const entry of ready) this.#model.remove(entry);
  }

  async #restart(): Promise<void> {
    if (this.#store === null) return;
    this.#under.queue.close();
    this.#under = this.#open();
    this.#lettersSeen = this.#model.letters.length;
    this.#model.restart();
    this.#subscriptions = [];
    this.#active = null;
    this.#holders.clear();
    await this.#under.queue.recover();
  }

  #check(): void {
    const { queue, environment, clock } = this.#under;
    const { ready, unacknowledged, entries } = this.#model;
    this.#checkLetters();
    const bodyBytes = ready.reduce((sum, { body }) => sum + body.length, 0);
    assert.deepEqual(
      [queue.readyCount, queue.readyBytes, queue.unacknowledgedCount, queue.isBlocking],
      [ready.length, bodyBytes, unacknowledged.length, this.#model.isBlocking],
    );
    for (const { position } of environment.deadLetters) if (position >= 0) queue.deadLettered(position);
    environment.deadLetters.length = 0;
    const stored = entries.filter(({ persistent }) => persistent && this.#store !== null);
    const bodies = stored.map(({ body }) => body);
    assert.deepEqual([...(this.#store?.bodies ?? [])].sort(), bodies.sort());
    const deadlines = ready.filter(({ deadlineMs }) => deadlineMs !== Infinity).length;
    if (deadlines === 0 && unacknowledged.length === 0) assert.ok(clock.timers.size <= 1, "a timer is left");
    const takers = this.#settings.singleActive ? [this.#active] : this.#subscriptions;
    if (ready.length > 0) assert.ok(!takers.some((taker) => taker?.isReady), "a ready consumer gets nothing");
  }

  /** Exact expiry orders by time, which the model does not. */
  #checkLetters(): void {
    const expected = this.#model.letters
      .slice(this.#lettersSeen)
      .map(({ body, reason }) => `${body} ${reason}`);
    const seen = this.#under.environment.deadLetters.map(({ body, reason }) => `${body} ${reason}`);
    this.#lettersSeen = this.#model.letters.length;
    if (this.#settings.exact) assert.deepEqual(seen.sort(), expected.sort());
    else assert.deepEqual(seen, expected);
  }
}

test("whatever is done to a queue, it holds, delivers, expires, drops and stores what a plain list would", async () => {
  await fc.assert(
    fc.asyncProperty(
      settings,
      fc.array(step, { minLength: 1, maxLength: 80, size: "max" }),
      async (given, steps) => {
        const run = new Run(given);
        for (const step of steps) await run.take(step);
      },
    ),
    { numRuns: 400 },
  );
});
