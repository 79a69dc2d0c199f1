import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import type { AppendOutcome } from "../../../src/engines/log/append-group.ts";
import type { Partition } from "../../../src/engines/log/contract.ts";
import { FileLogEngine } from "../../../src/engines/log/file-log-engine.ts";
import { faultyFileSystem } from "../../mechanisms/faulty-file-system.ts";
import { batchOf, inDirectory, NOW_MS } from "./test-log.ts";

const ZSTD = 4;

function openEngine(directory: string, topicDefaults: Record<string, string> = {}) {
  const fileSystem = faultyFileSystem();
  const reports: string[] = [];
  const clock = { nowMs: NOW_MS };
  const engine = new FileLogEngine({
    ...{ fileSystem, directory, durability: "os", tailCacheBytes: 0, topicDefaults },
    ...{ retentionCheckIntervalMs: 3_600_000, producerIdExpirationMs: 86_400_000 },
    clock: () => clock.nowMs,
    report: (event) => reports.push(event),
  });
  return { engine, fileSystem, reports, clock };
}

function append(partition: Partition, batch: Buffer): Promise<AppendOutcome> {
  return new Promise((resolve) => {
    const known = partition.append(batch, null, ZSTD, { appended: (_slot, outcome) => resolve(outcome) }, 0);
    if (known !== null) resolve(known);
  });
}

test("topics, their ids and their records are there after a restart; a deleted one is not", () =>
  inDirectory(async (directory) => {
    const { engine } = openEngine(directory);
    const kept = await engine.createTopic("kept", 2, { "retention.ms": "-1" });
    await engine.createTopic("gone", 1, {});
    await append(kept.partitions[1]!, batchOf(3, 10));
    await engine.deleteTopic("gone");
    await engine.close();
    const { engine: again } = openEngine(directory);
    assert.deepEqual([...again.topics.keys()], ["kept"]);
    const topic = again.topicById(kept.id)!;
    assert.deepEqual(
      topic.partitions.map(({ logEndOffset }) => logEndOffset),
      [0, 3],
    );
    assert.equal(topic.config.retentionMs, -1);
    assert.equal(again.clusterId, engine.clusterId);
    await again.close();
  }));

test("a creation or deletion that cannot be saved has not happened, and works once there is room", () =>
  inDirectory(async (directory) => {
    const { engine, fileSystem } = openEngine(directory);
    fileSystem.faults.refused = /metadata\.json/;
    await assert.rejects(engine.createTopic("t", 2, {}), { code: "STORAGE_FAILED" });
    assert.equal(engine.topics.size, 0);
    assert.deepEqual(fs.readdirSync(directory), ["metadata.json"]);
    assert.equal(fileSystem.openFiles(), 0);
    fileSystem.faults.refused = null;
    const topic = await engine.createTopic("t", 2, {});
    await append(topic.partitions[0]!, batchOf(1, 10));
    fileSystem.faults.refused = /metadata\.json/;
    await assert.rejects(engine.deleteTopic("t"), { code: "STORAGE_FAILED" });
    assert.equal(engine.topics.get("t"), topic);
    assert.equal((await append(topic.partitions[0]!, batchOf(1, 10))).baseOffset, 1);
    fileSystem.faults.refused = null;
    await engine.deleteTopic("t");
    assert.equal(engine.topicById(topic.id), undefined);
    await engine.close();
  }));

test("a partition that cannot be opened leaves no topic and no open file", () =>
  inDirectory(async (directory) => {
    const { engine, fileSystem } = openEngine(directory);
    fileSystem.faults.refused = /t-3/;
    await assert.rejects(engine.createTopic("t", 5, {}), { code: "STORAGE_FAILED" });
    assert.equal(engine.topics.size, 0);
    assert.equal(fileSystem.openFiles(), 0);
    fileSystem.faults.refused = null;
    assert.equal((await engine.createTopic("t", 5, {})).partitions.length, 5);
    await engine.close();
  }));

test("files that a crash left under a deleted topic's name do not come back with a new topic", () =>
  inDirectory(async (directory) => {
    const { engine, fileSystem } = openEngine(directory);
    const topic = await engine.createTopic("t", 1, {});
    await append(topic.partitions[0]!, batchOf(5, 10));
    fileSystem.faults.renameFails = true; // as if killed before the files moved
    await engine.deleteTopic("t");
    await engine.close();
    const { engine: again, reports } = openEngine(directory);
    assert.equal((await again.createTopic("t", 1, {})).partitions[0]!.logEndOffset, 0);
    assert.ok(reports.includes("leftover removed"));
    await again.close();
  }));

test("a topic deleted and made again under load: old appends never reach the new log", () =>
  inDirectory(async (directory) => {
    const { engine, fileSystem } = openEngine(directory);
    for (let round = 0; round < 20; round++) {
      const old = await engine.createTopic("t", 1, {});
      const appends = Array.from({ length: 30 }, (_, i) =>
        append(old.partitions[0]!, batchOf(1, i % 10 === 0 ? 300_000 : 50)),
      );
      if (round % 2 === 0) await new Promise(setImmediate);
      const reading = Promise.resolve(old.partitions[0]!.read(0, 1000, true));
      const deleting = engine.deleteTopic("t");
      const fresh = await engine.createTopic("t", 1, {});
      await append(fresh.partitions[0]!, batchOf(1, 77));
      await Promise.all([deleting, reading, ...appends]);
      assert.equal(fresh.partitions[0]!.logEndOffset, 1);
      const { bytes } = await fresh.partitions[0]!.read(0, 1_000_000, true);
      assert.equal(bytes, batchOf(1, 77).length);
      await engine.deleteTopic("t");
    }
    await new Promise(setImmediate);
    assert.equal(fileSystem.openFiles(), 0);
    assert.equal(engine.backlogBytes, 0);
    await engine.close();
  }));

test("producer ids are never given out twice, not after a failed save and not after a kill", () =>
  inDirectory(async (directory) => {
    const given = new Set<number>();
    for (let start = 0; start < 3; start++) {
      const { engine, fileSystem } = openEngine(directory);
      fileSystem.faults.refused = /metadata\.json/;
      for (let i = 0; i < 2; i++)
        await assert.rejects(engine.allocateProducerId(), { code: "STORAGE_FAILED" });
      fileSystem.faults.refused = null;
      for (let i = 0; i < 1500; i++) {
        const id = await engine.allocateProducerId();
        assert.ok(!given.has(id));
        given.add(id);
      }
    }
  }));

test("retention goes on past a topic whose files cannot be removed", () =>
  inDirectory(async (directory) => {
    const { engine, fileSystem, reports, clock } = openEngine(directory, { "retention.ms": "1000" });
    const [bad, good] = [await engine.createTopic("bad", 1, {}), await engine.createTopic("good", 1, {})];
    for (const topic of [bad, good]) await append(topic.partitions[0]!, batchOf(2, 10));
    clock.nowMs += 1001;
    fileSystem.faults.refused = /bad-0.*\.log$/;
    engine.enforceRetention();
    assert.ok(reports.includes("retention failed"));
    assert.equal(bad.partitions[0]!.logStartOffset, 0);
    assert.equal(good.partitions[0]!.logStartOffset, 2);
    fileSystem.faults.refused = null;
    assert.equal((await append(bad.partitions[0]!, batchOf(1, 10))).baseOffset, 2);
    await engine.close();
  }));

test("a damaged metadata file stops the start instead of hiding topics", () =>
  inDirectory(async (directory) => {
    const { engine } = openEngine(directory);
    await engine.createTopic("t", 1, {});
    await engine.close();
    const file = path.join(directory, "metadata.json");
    const content = fs.readFileSync(file);
    content[20]! ^= 1;
    fs.writeFileSync(file, content);
    assert.throws(() => openEngine(directory), { code: "DATA_DIRECTORY_CORRUPT" });
  }));
