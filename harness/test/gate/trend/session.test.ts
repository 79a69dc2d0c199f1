import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { GateEvidence } from "../../../src/gate/evidence.ts";
import { addEvidence, readTrends } from "../../../src/gate/trend/session.ts";
import { findTrend } from "../../../src/gate/trend/trend.ts";
import { gateEvidence } from "../gate-fixture.ts";

async function inDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), "brokermark-trend-"));
  try {
    await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function write(file: string, { job, rounds, end }: GateEvidence): Promise<string> {
  await writeFile(file, [job, ...rounds, end].map((line) => `${JSON.stringify(line)}\n`).join(""));
  return file;
}

test("evidence becomes points with the effect that it holds, once however often it is added", () =>
  inDirectory(async (directory) => {
    const trend = path.join(directory, "trend.jsonl");
    const megabatch = { name: "megabatch", protocol: "kafka", worse: { cpuPerMessage: 0.08 } } as const;
    const evidence = gateEvidence({ scenarios: [megabatch], noise: 0.005 });
    const file = await write(path.join(directory, "one.gate.jsonl"), evidence);
    const [first] = await addEvidence(trend, [file]);
    assert.ok(first!.points >= 5, `${first!.points} points`);
    const [second] = await addEvidence(trend, [file]);
    assert.deepEqual(second, { source: file, points: 0, known: first!.points });
    const points = await readTrends([trend, trend]);
    assert.equal(points.length, first!.points);
    const cpu = points.find(({ metric }) => metric === "cpuPerMessage")!;
    assert.equal(cpu.commit, evidence.job.sides.candidate!.commit);
    assert.equal(cpu.anchor, evidence.job.sides.baseline!.commit);
    assert.equal(cpu.effects.length, 12);
    assert.ok(Math.abs(Math.exp(cpu.logRatio) - 1.08) < 0.02, `${cpu.logRatio}`);
    assert.ok(Math.abs(cpu.logRatio - Math.log(1.08)) < 5 * cpu.standardError!);
    for (const { changes } of findTrend(points)) assert.equal(changes, null);
  }));

test("of evidence that lost messages nothing is written, of what came with it neither", () =>
  inDirectory(async (directory) => {
    const trend = path.join(directory, "trend.jsonl");
    const good = await write(path.join(directory, "good.gate.jsonl"), gateEvidence());
    const { job, rounds, end } = gateEvidence({ seed: 2, job: { rerunKey: "another" } });
    const candidate = rounds[0]!.sides.candidate!;
    const lossy = { ...candidate, integrity: { ...candidate.integrity, lost: 3 } };
    const lost = [{ ...rounds[0]!, sides: { ...rounds[0]!.sides, candidate: lossy } }, ...rounds.slice(1)];
    const bad = await write(path.join(directory, "bad.gate.jsonl"), { job, rounds: lost, end });
    await assert.rejects(addEvidence(trend, [good, bad]), { code: "RESULT_INVALID", message: /lost/ });
    assert.equal(existsSync(trend), false);
  }));
