import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DEFAULT_RULES } from "../../../src/gate/default-rules.ts";
import { EVIDENCE_SUFFIX, findEarlierAttempts } from "../../../src/gate/job/earlier-attempts.ts";
import { exitCodeOfGate } from "../../../src/gate/job/exit-code.ts";
import { rerunKey } from "../../../src/gate/job/rerun-key.ts";
import { judge } from "../../../src/gate/judge/judge.ts";
import type { Judgement } from "../../../src/gate/judgement.ts";
import { gateEvidence } from "../gate-fixture.ts";
import { playedScenario, StartedSides } from "./played-round.ts";

let directory = "";
before(() => {
  directory = mkdtempSync(join(tmpdir(), "brokermark-test-"));
});
after(() => rmSync(directory, { recursive: true, force: true }));

function write(folder: string, name: string, seed: number, key: string, rounds = 2): string {
  const createdAt = `2026-11-21T0${seed}:00:00.000Z`;
  const { job, rounds: played, end } = gateEvidence({ seed, rounds });
  const lines = [{ ...job, rerunKey: key, createdAt }, ...played, ...(end === null ? [] : [end])];
  mkdirSync(join(directory, folder), { recursive: true });
  const path = join(directory, folder, name);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return path;
}

test("attempts at the same question are found, oldest first, each once; others are not", async () => {
  write("own", `b${EVIDENCE_SUFFIX}`, 1, "same");
  write("own", `a${EVIDENCE_SUFFIX}`, 2, "same");
  write("own", `c${EVIDENCE_SUFFIX}`, 3, "other");
  write("own", "no-evidence.json", 4, "same");
  writeFileSync(join(directory, "own", `torn${EVIDENCE_SUFFIX}`), "{");
  const copy = write("elsewhere", `copy${EVIDENCE_SUFFIX}`, 1, "same");
  write("elsewhere", `more${EVIDENCE_SUFFIX}`, 5, "same");
  const seeds = async (own: string | null, ...named: string[]) =>
    (await findEarlierAttempts("same", own, named)).map(({ job }) => Number(`0x${job.seed}`));
  assert.deepEqual(await seeds(join(directory, "own")), [1, 2]);
  assert.deepEqual(await seeds(join(directory, "own"), copy), [1, 2]);
  assert.deepEqual(await seeds(join(directory, "own"), join(directory, "elsewhere")), [1, 2, 5]);
  assert.deepEqual(await seeds(null), []);
  assert.deepEqual(await seeds(join(directory, "not-there")), []);
});

test("evidence that is named must be there and be on the same question", async () => {
  const other = write("named", "other.jsonl", 6, "other");
  await assert.rejects(findEarlierAttempts("same", null, [other]), {
    code: "USAGE",
    message: /evidence on another question/,
  });
  await assert.rejects(findEarlierAttempts("same", null, [join(directory, "gone")]), { code: "USAGE" });
});

test("the key is of commits or bytes, scenarios and rules: of nothing else", async () => {
  const made = new StartedSides();
  const commit = { ...made.side("git:main"), commit: "c0ffee" };
  const [scenario, other] = [await playedScenario("megabatch"), await playedScenario("publish-confirm")];
  const key = rerunKey(
    { baseline: commit, candidate: made.side("target:reference") },
    [scenario],
    DEFAULT_RULES,
  );
  const again = { ...commit, spec: "git:c0ffee", contentHash: "built elsewhere" };
  const candidate = made.side("target:reference");
  assert.equal(rerunKey({ candidate, baseline: again }, [scenario], DEFAULT_RULES), key);
  const different = [
    rerunKey({ baseline: candidate, candidate: commit }, [scenario], DEFAULT_RULES),
    rerunKey(
      { baseline: commit, candidate: { ...candidate, contentHash: "changed" } },
      [scenario],
      DEFAULT_RULES,
    ),
    rerunKey({ baseline: commit, candidate, control: commit }, [scenario], DEFAULT_RULES),
    rerunKey({ baseline: commit, candidate }, [scenario, other], DEFAULT_RULES),
    rerunKey({ baseline: commit, candidate }, [scenario], { ...DEFAULT_RULES, limits: { p99: 0.3 } }),
  ];
  assert.equal(new Set([key, ...different]).size, 6);
  assert.match(key, /^[0-9a-f]{32}$/);
});

test("exit codes: neutral excuses what cannot be told, not a side that failed", () => {
  const made = judge(gateEvidence({ rounds: 2 }));
  const code = (changes: Partial<Judgement>, policy: "neutral" | "fail") =>
    exitCodeOfGate({ ...made, ...changes }, policy);
  assert.equal(code({ verdict: "pass" }, "fail"), 0);
  assert.equal(code({ verdict: "improved" }, "fail"), 0);
  assert.equal(code({ verdict: "regress" }, "neutral"), 1);
  assert.equal(code({ verdict: "inconclusive" }, "fail"), 3);
  assert.equal(code({ verdict: "inconclusive" }, "neutral"), 0);
  assert.equal(code({ verdict: "integrity" }, "neutral"), 4);
  assert.equal(code({ verdict: "inconclusive", endReason: "side-failed" }, "neutral"), 5);
});
