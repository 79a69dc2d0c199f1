import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { judge } from "../../../src/gate/judge/judge.ts";
import { GATE_OUTPUTS } from "../../../src/gate/outputs/index.ts";
import { writeOutput } from "../../../src/gate/outputs/write-output.ts";
import { gateEvidence } from "../gate-fixture.ts";

const EVIDENCE = gateEvidence({ rounds: 8 });
const JUDGED = judge(EVIDENCE);

/** Of jobs that ended in every way, also without a single round. */
const ENDS = [
  EVIDENCE,
  gateEvidence({ rounds: 3, end: null }),
  gateEvidence({ rounds: 0, end: null }),
  gateEvidence({
    rounds: 0,
    end: { reason: "side-failed", failure: { side: "candidate", code: "TARGET_DIED", message: "signal 9" } },
  }),
];

test("every output can be made of every job, and of one job is always the same", async () => {
  for (const { flag, render } of GATE_OUTPUTS) {
    for (const evidence of ENDS) {
      const judgement = judge(evidence);
      const rendered = await render(evidence, judgement);
      assert.deepEqual(await render(evidence, judgement), rendered, flag);
      const parts = typeof rendered === "string" ? [{ infix: "", text: rendered }] : rendered;
      for (const { text } of parts)
        assert.ok(!/\b(?:NaN|undefined|Infinity)\b/.test(stripScripts(text)), flag);
    }
  }
});

const stripScripts = (text: string) => text.replaceAll(/<script>[\s\S]*?<\/script>/g, "");

test("flags are options' names, no two alike", () => {
  const flags = GATE_OUTPUTS.map(({ flag }) => flag);
  assert.equal(new Set(flags).size, flags.length);
  for (const flag of flags) assert.match(flag, /^[a-z][a-z-]+$/);
});

test("files are written where they were asked for, several beside one another", async () => {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-outputs-"));
  const output = (flag: string) => GATE_OUTPUTS.find((one) => one.flag === flag)!;
  try {
    const path = join(directory, "deep", "bench.json");
    assert.deepEqual(await writeOutput(output("benchmark-action"), path, EVIDENCE, JUDGED), [
      join(directory, "deep", "bench.smaller.json"),
      join(directory, "deep", "bench.bigger.json"),
    ]);
    assert.deepEqual((await readdir(join(directory, "deep"))).sort(), [
      "bench.bigger.json",
      "bench.smaller.json",
    ]);
    const xml = join(directory, "gate.xml");
    assert.deepEqual(await writeOutput(output("junit"), xml, EVIDENCE, JUDGED), [xml]);
    assert.match(await readFile(xml, "utf8"), /^<\?xml/);
    await writeFile(join(directory, "file"), "");
    await assert.rejects(writeOutput(output("csv"), join(directory, "file", "gate.csv"), EVIDENCE, JUDGED), {
      code: "USAGE",
    });
  } finally {
    await rm(directory, { recursive: true });
  }
});
