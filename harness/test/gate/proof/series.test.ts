import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startAttack } from "../../../src/gate/proof/attacks.ts";
import { playSeries } from "../../../src/gate/proof/series.ts";
import { gateEvidence } from "../gate-fixture.ts";

function place() {
  const directory = mkdtempSync(join(tmpdir(), "gate-series-"));
  const played: string[] = [];
  const stopping = new AbortController();
  const deps = {
    signal: stopping.signal,
    now: () => new Date(Date.UTC(2026, 0, 1, 0, 0, played.length)),
    play: async (out: string) => {
      const evidence = gateEvidence({
        seed: played.push(out),
        scenarios: [{ name: "s", protocol: "kafka" }],
        rounds: 2,
      });
      mkdirSync(out);
      const file = join(out, "job.gate.jsonl");
      const lines = [evidence.job, ...evidence.rounds, evidence.end];
      writeFileSync(file, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
      return { file, evidence };
    },
    onJob: () => {},
  };
  const file = join(directory, "aa.jsonl");
  return { file, played, stopping, deps, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

test("a series goes on where it stopped, a torn last line is played again, another question is refused", async () => {
  using at = place();
  const { file, played, deps } = at;
  assert.equal((await playSeries({ file, question: "aa", jobs: 2 }, deps)).length, 2);
  appendFileSync(file, '{"schemaVersion":1,"quest');
  const evidences = await playSeries({ file, question: "aa", jobs: 3 }, deps);
  assert.deepEqual([evidences.length, played.length, new Set(played).size], [3, 3, 3]);
  assert.equal(readFileSync(file, "utf8").trimEnd().split("\n").length, 3);
  assert.equal((await playSeries({ file, question: "aa", jobs: 3 }, deps)).length, 3);
  assert.equal(played.length, 3);
  await assert.rejects(playSeries({ file, question: "other", jobs: 4 }, deps), /is a series about "aa"/);
  appendFileSync(file, "no json\n");
  await assert.rejects(
    playSeries({ file, question: "aa", jobs: 4 }, deps),
    /line 4 is no line of a gate series/,
  );
});

test("an interrupted job does not count", async () => {
  using at = place();
  const { file, deps, stopping } = at;
  const play: typeof deps.play = async (out) => {
    const outcome = await deps.play(out);
    stopping.abort();
    return outcome;
  };
  assert.equal((await playSeries({ file, question: "aa", jobs: 5 }, { ...deps, play })).length, 0);
});

function children(): string[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean);
}

test("a hog runs until it is disposed of", async () => {
  for (const attack of ["cpu", "disk"] as const) {
    const before = children();
    {
      await using hog = await startAttack(attack);
      assert.equal(children().length, before.length + 1);
      assert.ok(hog);
    }
    assert.deepEqual(children(), before);
  }
});
