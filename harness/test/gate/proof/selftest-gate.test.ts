import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { brokermark } from "../../commands/cli.ts";
import { gateEvidence } from "../gate-fixture.ts";

test("selftest gate simulates, the same each time, as a table and as JSON", async () => {
  const [first, again, table] = await Promise.all([
    brokermark("selftest", "gate", "--simulate", "--jobs", "4", "--json"),
    brokermark("selftest", "gate", "--simulate", "--jobs", "4", "--json"),
    brokermark("selftest", "gate", "--simulate", "--jobs", "4"),
  ]);
  assert.deepEqual([first.code, table.code], [0, 0]);
  assert.equal(first.stdout, again.stdout);
  const { schemaVersion, cells } = JSON.parse(first.stdout);
  assert.deepEqual([schemaVersion, cells.length, cells[0].jobs], [1, 14, 4]);
  assert.match(table.stdout, /^noise +deviation +metrics +effect +jobs +regress/);
});

test("selftest gate replays evidence; without a mode, or with two, it says what there is", async () => {
  const directory = mkdtempSync(join(tmpdir(), "selftest-gate-"));
  try {
    const { job, rounds, end } = gateEvidence({ rounds: 8 });
    const file = join(directory, "job.gate.jsonl");
    writeFileSync(file, `${[job, ...rounds, end].map((line) => JSON.stringify(line)).join("\n")}\n`);
    const [replayed, none, two, missing] = await Promise.all([
      brokermark("selftest", "gate", "--replay", file, "--injected", file, "--jobs", "20"),
      brokermark("selftest", "gate"),
      brokermark("selftest", "gate", "--aa", "--simulate"),
      brokermark("selftest", "gate", "--replay", join(directory, "none")),
    ]);
    assert.equal(replayed.code, 0, replayed.stderr);
    assert.match(replayed.stdout, /nothing +0\.0 % +16 +20 /);
    assert.match(replayed.stdout, /brokermark gate +0 of 1 .* 0 of 1 /);
    assert.match(replayed.stdout, /pass +1 of 1 +100\.0 %/);
    assert.deepEqual([none.code, two.code, missing.code], [2, 2, 2]);
    assert.match(none.stderr, /--simulate/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a series about another load is not gone on with, and a wrong length of slices is named", async () => {
  const directory = mkdtempSync(join(tmpdir(), "selftest-gate-"));
  try {
    const series = join(directory, "stall.jsonl");
    const line = {
      schemaVersion: 1,
      question: "aa",
      evidence: "none",
      finishedAt: new Date(0).toISOString(),
    };
    writeFileSync(series, `${JSON.stringify(line)}\n`);
    const load = [
      "--set",
      "publishers=16",
      "--set",
      "confirmWindow=500",
      "--slice",
      "250ms",
      "--blocks",
      "8",
    ];
    const [other, wrong] = await Promise.all([
      brokermark("selftest", "gate", "--aa", "--scenario", "publish-confirm", ...load, "--series", series),
      brokermark("selftest", "gate", "--aa", "--slice", "25", "--series", join(directory, "new.jsonl")),
    ]);
    assert.deepEqual([other.code, wrong.code], [2, 2]);
    const asked = "aa, publish-confirm, publishers=16, confirmWindow=500, slices of 250ms, 8 blocks";
    assert.match(other.stderr, new RegExp(`is a series about "aa", not "${asked}"`));
    assert.match(wrong.stderr, /--slice 25: expected a duration/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
