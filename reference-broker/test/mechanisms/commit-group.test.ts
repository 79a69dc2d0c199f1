import assert from "node:assert/strict";
import { test } from "node:test";
import { CommitGroup, type CommittedStore, type Durability } from "../../src/mechanisms/commit-group.ts";

/** A group whose turns end when told, and a record of what happened in which order. */
class Bench {
  readonly events: string[] = [];
  readonly reports: string[] = [];
  readonly group: CommitGroup;
  #deferred: (() => void)[] = [];

  constructor(durability: Durability) {
    this.group = new CommitGroup({
      durability,
      defer: (callback) => this.#deferred.push(callback),
      report: (event, fields) => this.reports.push(`${event}: ${fields.store}`),
    });
  }

  get pendingTurns(): number {
    return this.#deferred.length;
  }

  endTurn(): void {
    for (const callback of this.#deferred.splice(0)) callback();
  }

  ask(name: string): void {
    this.group.whenStored((stored) => this.events.push(`${name} ${stored ? "stored" : "failed"}`));
  }

  store(name: string, overrides: Partial<CommittedStore> = {}): CommittedStore {
    return {
      name,
      flush: () => {
        this.events.push(`flush ${name}`);
      },
      sync: async () => {
        this.events.push(`sync ${name}`);
      },
      ...overrides,
    };
  }
}

const settle = () => new Promise(setImmediate);

test("class none: told at once, and written in the check phase all the same", () => {
  const bench = new Bench("none");
  bench.group.register(bench.store("a"));
  bench.ask("x");
  assert.deepEqual(bench.events, ["x stored"]);
  bench.endTurn();
  assert.deepEqual(bench.events, ["x stored", "flush a"]);
});

test("class os: all stores of a turn are written, then all who asked are told, in order and in the same turn", () => {
  const bench = new Bench("os");
  bench.group.register(bench.store("a"));
  bench.ask("x");
  bench.group.register(bench.store("b"));
  bench.ask("y");
  assert.equal(bench.pendingTurns, 1, "one check phase for all");
  assert.deepEqual(bench.events, []);
  bench.endTurn();
  assert.deepEqual(bench.events, ["flush a", "flush b", "x stored", "y stored"]);
  bench.ask("z");
  assert.equal(bench.events.at(-1), "z stored", "nothing is left to write");
});

test("class fsync: one sync for each store, after its write and before anybody is told", async () => {
  const bench = new Bench("fsync");
  bench.group.register(bench.store("a"));
  bench.group.register(bench.store("b"));
  bench.ask("x");
  bench.endTurn();
  assert.deepEqual(bench.events, ["flush a", "flush b"]);
  await settle();
  assert.deepEqual(bench.events, ["flush a", "flush b", "sync a", "sync b", "x stored"]);
  assert.equal(bench.pendingTurns, 0);
});

test("while a group is written the next one gathers, and follows at once", async () => {
  const bench = new Bench("os");
  const written = Promise.withResolvers<void>();
  bench.group.register(bench.store("large", { flush: () => written.promise }));
  bench.ask("x");
  bench.endTurn();
  bench.ask("y"); // nothing new: it waits for what is under way
  bench.group.register(bench.store("small"));
  bench.ask("z");
  bench.endTurn();
  assert.deepEqual(bench.events, []);
  written.resolve();
  await settle();
  assert.deepEqual(bench.events, ["x stored", "y stored", "flush small", "z stored"]);
});

for (const durability of ["os", "fsync"] as const) {
  test(`class ${durability}: a failed write is told to the whole group and reported; the next group is another`, async () => {
    const bench = new Bench(durability);
    const fails = () => {
      throw new Error("ENOSPC");
    };
    bench.group.register(bench.store("bad", { flush: fails }));
    bench.group.register(bench.store("worse", { flush: () => Promise.reject(new Error("EIO")) }));
    bench.group.register(bench.store("good"));
    bench.ask("x");
    bench.endTurn();
    await settle();
    assert.ok(bench.events.includes("flush good"), "the others are written");
    assert.equal(bench.events.at(-1), "x failed");
    assert.deepEqual(bench.reports.sort(), ["commit failed: bad", "commit failed: worse"]);
    bench.group.register(bench.store("good"));
    bench.ask("y");
    bench.endTurn();
    await settle();
    assert.equal(bench.events.at(-1), "y stored");
  });
}

test("a failed sync is a failed commit", async () => {
  const bench = new Bench("fsync");
  bench.group.register(bench.store("a", { sync: () => Promise.reject(new Error("EIO")) }));
  bench.ask("x");
  bench.endTurn();
  await settle();
  assert.deepEqual(bench.events, ["flush a", "x failed"]);
  assert.deepEqual(bench.reports, ["commit failed: a"]);
});

test("a callback may register and ask again: that is the next group", () => {
  const bench = new Bench("os");
  bench.group.register(bench.store("a"));
  bench.group.whenStored(() => {
    bench.group.register(bench.store("b"));
    bench.ask("later");
  });
  bench.endTurn();
  assert.deepEqual(bench.events, ["flush a"]);
  bench.endTurn();
  assert.deepEqual(bench.events, ["flush a", "flush b", "later stored"]);
});

test("drain waits for what is gathered and what is under way, and for what follows from it", async () => {
  const bench = new Bench("os");
  const written = Promise.withResolvers<void>();
  bench.group.register(bench.store("large", { flush: () => written.promise }));
  bench.group.whenStored(() => bench.group.register(bench.store("after")));
  let drained = false;
  const draining = bench.group.drain().then(() => {
    drained = true;
  });
  bench.endTurn();
  await settle();
  assert.equal(drained, false);
  written.resolve();
  await draining;
  assert.deepEqual(bench.events, ["flush after"]);
});
