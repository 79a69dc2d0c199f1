import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CommitGroup, type Durability } from "../../src/mechanisms/commit-group.ts";
import { Journal } from "../../src/mechanisms/journal.ts";
import { MemoryFileSystem } from "../engines/queues/store/memory-file-system.ts";

const PATH = "/data/definitions.journal";

interface Change {
  readonly key: string;
  /** null: deleted. */
  readonly value: number | null;
}

/** A map kept in a journal. */
class Bench {
  readonly fileSystem: MemoryFileSystem;
  readonly state = new Map<string, number>();
  readonly reports: string[] = [];
  readonly group: CommitGroup;
  readonly journal: Journal<Change>;
  replayed = 0;

  constructor(fileSystem = new MemoryFileSystem(), durability: Durability = "os") {
    this.fileSystem = fileSystem;
    fileSystem.makeDirectory("/data");
    const report = (event: string) => this.reports.push(event);
    this.group = new CommitGroup({ durability, defer: setImmediate, report });
    this.journal = Journal.open<Change>(
      {
        fileSystem,
        path: PATH,
        commitGroup: this.group,
        liveRecords: () => [...this.state].map(([key, value]) => ({ key, value })),
        report,
      },
      (change) => {
        this.replayed++;
        this.#apply(change);
      },
    );
  }

  set(key: string, value: number | null): void {
    this.#apply({ key, value });
    this.journal.append({ key, value });
  }

  stored(): Promise<boolean> {
    return new Promise((resolve) => this.group.whenStored(resolve));
  }

  #apply({ key, value }: Change): void {
    if (value === null) this.state.delete(key);
    else this.state.set(key, value);
  }
}

test("what was stored is replayed in order, also names that are not ASCII", async () => {
  const bench = new Bench();
  bench.set("größe\n", 1);
  bench.set("b", 2);
  bench.set("größe\n", null);
  bench.set("c", 3);
  assert.equal(await bench.stored(), true);
  const again = new Bench(bench.fileSystem);
  assert.equal(again.replayed, 4);
  assert.deepEqual([...again.state], [...bench.state]);
  assert.deepEqual(again.reports, []);
});

test("cut anywhere, the intact records before are there; changed in one byte, all others are", async () => {
  const bench = new Bench();
  const ends: number[] = [0];
  for (let i = 0; i < 12; i++) {
    bench.set(`key ${i % 3}`, i);
    await bench.stored();
    ends.push(bench.fileSystem.content(PATH).length);
  }
  const whole = bench.fileSystem.content(PATH);
  for (let at = 0; at < whole.length; at++) {
    for (const damage of ["cut", "changed"] as const) {
      const content = Buffer.from(whole.subarray(0, damage === "cut" ? at : whole.length));
      if (damage === "changed") content[at]! ^= 0x15;
      bench.fileSystem.setContent(PATH, content);
      const damaged = new Bench(bench.fileSystem);
      const before = ends.findLastIndex((end) => end <= at);
      // At the end of the file nothing tells a record that was not written whole from one that was damaged.
      const isMiddle = damage === "changed" && before < ends.length - 2;
      const intact = isMiddle ? ends.length - 2 : before;
      assert.equal(damaged.replayed, intact, `${damage} at ${at}`);
      assert.equal(bench.fileSystem.content(PATH).length, isMiddle ? whole.length : ends[before]);
      const report = isMiddle ? "journal damaged" : "journal cut";
      assert.deepEqual(damaged.reports, isMiddle || content.length > ends[before]! ? [report] : []);
      assert.equal(damaged.journal.lostBytes > 0, damaged.reports.length > 0);
    }
  }
});

test("a file with damage in it is written anew by the next change", async () => {
  const bench = new Bench();
  for (let i = 0; i < 5; i++) {
    bench.set(`key ${i}`, i);
    await bench.stored();
  }
  const content = bench.fileSystem.content(PATH);
  content[40]! ^= 1;
  bench.fileSystem.setContent(PATH, content);
  const damaged = new Bench(bench.fileSystem);
  damaged.set("key 9", 9);
  assert.equal(await damaged.stored(), true);
  const again = new Bench(bench.fileSystem);
  assert.deepEqual([...again.state], [...damaged.state]);
  assert.equal(again.state.size, 5);
  assert.deepEqual(again.reports, []);
});

test("a file that grows by changes is rewritten to what is live, and goes on from there", async () => {
  const bench = new Bench();
  for (let i = 0; i < 1000; i++) {
    bench.set(`key ${i % 10}`, i);
    if (i % 7 === 0) await bench.stored();
    assert.ok(bench.fileSystem.content(PATH).length < 200 * 40);
  }
  assert.equal(await bench.stored(), true);
  const again = new Bench(bench.fileSystem);
  assert.ok(again.replayed < 100, `${again.replayed} records for 10 live ones`);
  assert.deepEqual([...again.state].sort(), [...bench.state].sort());
  bench.journal.close();
  assert.equal(bench.fileSystem.openFiles, 1, "only the second one's");
});

test("one that is mostly live is not rewritten again and again", async () => {
  const bench = new Bench();
  for (let i = 0; i < 2000; i++) {
    bench.set(`key ${i}`, i);
    await bench.stored();
  }
  const rewrites = bench.fileSystem.log.filter(({ kind }) => kind === "rename").length;
  assert.equal(rewrites, 0);
});

for (const durability of ["os", "fsync"] as const) {
  test(`class ${durability}: a write that fails is told, and the next one makes it good`, async () => {
    const bench = new Bench(new MemoryFileSystem(), durability);
    bench.set("a", 1);
    assert.equal(await bench.stored(), true);
    for (const roomBytes of [0, 5, 30]) {
      bench.fileSystem.faults.roomBytes = roomBytes;
      bench.set("b", roomBytes);
      assert.equal(await bench.stored(), false);
    }
    bench.fileSystem.faults.roomBytes = null;
    bench.set("c", 3);
    assert.equal(await bench.stored(), true);
    const again = new Bench(bench.fileSystem);
    assert.deepEqual([...again.state], [...bench.state]);
  });
}

test("after a failed sync the file is written anew: a later sync would not vouch for the old one", async () => {
  const bench = new Bench(new MemoryFileSystem(), "fsync");
  bench.set("a", 1);
  bench.fileSystem.faults.syncFails = true;
  assert.equal(await bench.stored(), false);
  bench.set("b", 2);
  assert.equal(await bench.stored(), false);
  bench.fileSystem.faults.syncFails = false;
  bench.set("c", 3);
  assert.equal(await bench.stored(), true);
  const lost = bench.fileSystem.afterPowerLoss(bench.fileSystem.log.length, () => 0);
  assert.deepEqual([...new Bench(lost).state], [...bench.state]);
});

test("killed at any byte, rewrites included, it holds what was stored and nothing that never was", async () => {
  const change = fc.record({ key: fc.nat(20), value: fc.option(fc.nat(1000)), commits: fc.boolean() });
  const changes = fc.array(change, { minLength: 1, maxLength: 300, size: "max" });
  await fc.assert(
    fc.asyncProperty(
      changes,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(60),
      async (list, where, bytes) => {
        const bench = new Bench();
        const states: { readonly operations: number; readonly state: string; readonly isStored: boolean }[] =
          [];
        const note = (isStored: boolean) => {
          states.push({ operations: bench.fileSystem.log.length, state: snapshot(bench.state), isStored });
        };
        note(true);
        for (const { key, value, commits } of list) {
          bench.set(`key ${key}`, value);
          note(false);
          if (commits) {
            assert.equal(await bench.stored(), true);
            note(true);
          }
        }
        const operations = Math.floor(where * bench.fileSystem.log.length);
        const found = snapshot(new Bench(bench.fileSystem.killedAfter(operations, bytes)).state);
        const from = states.findLastIndex((state) => state.isStored && state.operations <= operations);
        const possible = states.slice(Math.max(0, from)).map(({ state }) => state);
        assert.ok(possible.includes(found), `${found} was never the state from the last stored one on`);
      },
    ),
    { numRuns: 60 },
  );
});

function snapshot(state: ReadonlyMap<string, number>): string {
  return JSON.stringify([...state].sort());
}
