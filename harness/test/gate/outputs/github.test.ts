/** What GitHub shows: job summary, annotations, comment. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { renderAnnotations } from "../../../src/gate/outputs/annotations.ts";
import { COMMENT_MARKER, renderComment } from "../../../src/gate/outputs/comment.ts";
import { renderSummary } from "../../../src/gate/outputs/github-summary.ts";
import { appendStepSummary } from "../../../src/gate/outputs/write-output.ts";
import { judge } from "../../../src/gate/judge/judge.ts";
import { assertGolden } from "../../golden.ts";
import {
  gateEvidence,
  judgementOf,
  metricJudgement,
  NOISY,
  PASS,
  PASS_SLOWER,
  REGRESS,
  TWO_SCENARIOS,
} from "../gate-fixture.ts";

const EVIDENCE = gateEvidence({ rounds: 12 });
const golden = (name: string) => new URL(`golden/${name}`, import.meta.url);

/** Cells of every table line; a cell holds no pipe of its own but an escaped one. */
function tableRows(markdown: string): string[][] {
  return markdown
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1));
}

test("summary of a job", () => {
  const evidence = gateEvidence({
    ...{ rounds: 14, noise: 0.02 },
    scenarios: [TWO_SCENARIOS[0]!, { ...TWO_SCENARIOS[1]!, worse: { cpuPerMessage: 0.09, p90: 0.03 } }],
  });
  assertGolden(renderSummary(evidence, judge(evidence)), golden("github-summary.md"));
});

test("the first line of a summary is the verdict in words, and its tables are whole", () => {
  const text = renderSummary(EVIDENCE, judgementOf("inconclusive", [PASS, NOISY], { reason: "noise" }));
  assert.match(
    text,
    /^\*\*INCONCLUSIVE \(noise\)\*\* megabatch publish p90 1\.0 % worse \\\[-5\.0, \+7\.0\\\], limit 5 % /,
  );
  const rows = tableRows(text);
  assert.equal(rows.length, 4);
  assert.ok(rows.every(({ length }) => length === rows[0]!.length));
  assert.match(text, /What would decide it/);
});

test("nothing that a name or an error says is markup or a mention", () => {
  const scenario = "a|b <img> @everyone `x`";
  const text = renderSummary(
    gateEvidence({ rounds: 1 }),
    judgementOf("regress", [metricJudgement({ ...REGRESS, scenario })]),
  );
  assert.ok(!text.includes("<img>") && !text.includes("@everyone"));
  const rows = tableRows(text);
  assert.ok(rows.every(({ length }) => length === rows[0]!.length));
});

test("a summary keeps to its room, whole parts first to last", () => {
  const many = Array.from({ length: 300 }, (_, index) =>
    metricJudgement({ scenario: `scenario-${index}-${"x".repeat(5_000)}` }),
  );
  const long = renderSummary(EVIDENCE, judgementOf("pass", many));
  assert.ok(Buffer.byteLength(long) <= 1024 * 1024);
  assert.match(long, /^\*\*PASS\*\*/);
  assert.match(long, /left out for want of room/);
  assert.equal(renderSummary(EVIDENCE, judgementOf("pass", [PASS]), 20), "");
});

test("the step summary is appended to what is there, within what is left", async () => {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-summary-"));
  try {
    const path = join(directory, "summary.md");
    assert.equal(await appendStepSummary(path, EVIDENCE, judgementOf("pass", [PASS])), true);
    assert.equal(await appendStepSummary(path, EVIDENCE, judgementOf("pass", [PASS])), true);
    assert.equal((await readFile(path, "utf8")).match(/\*\*PASS\*\*/g)?.length, 2);
    await writeFile(path, "x".repeat(1024 * 1024 - 10));
    assert.equal(await appendStepSummary(path, EVIDENCE, judgementOf("pass", [PASS])), false);
  } finally {
    await rm(directory, { recursive: true });
  }
});

/** As the runner reads a command. */
function parseCommands(text: string): { kind: string; title: string; message: string }[] {
  assert.ok(text === "" || text.endsWith("\n"));
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const command = /^::(error|warning|notice) title=([^:,]*)::(.*)$/.exec(line);
      assert.ok(command, `no command: ${line}`);
      const [, kind, title, message] = command.map((part) =>
        part.replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%0A", "\n").replaceAll("%25", "%"),
      );
      return { kind: kind!, title: title!, message: message! };
    });
}

test("annotations: one for a scenario, of its worst finding; none for a clean pass", () => {
  const other = metricJudgement({ ...PASS_SLOWER, scenario: "publish-confirm" });
  const commands = parseCommands(
    renderAnnotations(EVIDENCE, judgementOf("regress", [PASS, NOISY, REGRESS, other])),
  );
  assert.deepEqual(
    commands.map(({ kind, title }) => [kind, title]),
    [
      ["error", "brokermark gate: megabatch"],
      ["notice", "brokermark gate: publish-confirm"],
    ],
  );
  assert.match(
    commands[0]!.message,
    /^megabatch broker CPU per message: regress: 7\.6 % worse \[\+6\.1, \+9\.0\]/,
  );
  assert.equal(renderAnnotations(EVIDENCE, judgementOf("pass", [PASS])), "");
});

test("annotations: integrity and a failed side are errors, the rest that is undecided a warning", () => {
  const finding = { scenario: "megabatch", round: 2, side: "candidate", what: "1 lost", examples: [] };
  const [lost] = parseCommands(
    renderAnnotations(EVIDENCE, judgementOf("integrity", [REGRESS], { integrity: [finding] })),
  );
  assert.deepEqual(lost, {
    ...{
      kind: "error",
      title: "brokermark gate: megabatch",
      message: "integrity: round 2, candidate: 1 lost",
    },
  });
  const [noisy] = parseCommands(
    renderAnnotations(EVIDENCE, judgementOf("inconclusive", [NOISY], { reason: "noise" })),
  );
  assert.equal(noisy!.kind, "warning");
  const failed = judgementOf("inconclusive", [], { reason: "side-failed" });
  assert.equal(parseCommands(renderAnnotations(EVIDENCE, failed))[0]!.kind, "error");
  const moved = parseCommands(
    renderAnnotations(EVIDENCE, judgementOf("inconclusive", [PASS], { reason: "migrated" })),
  );
  assert.deepEqual(
    moved.map(({ kind, title }) => [kind, title]),
    [["warning", "brokermark gate"]],
  );
});

test("annotations: a regression in a job that is void is none", () => {
  const judgement = judgementOf("inconclusive", [REGRESS], { reason: "control" });
  const commands = parseCommands(renderAnnotations(EVIDENCE, judgement));
  assert.deepEqual(
    commands.map(({ kind, title }) => [kind, title]),
    [["warning", "brokermark gate"]],
  );
  assert.match(
    commands[0]!.message,
    /^INCONCLUSIVE \(control\) after 8 rounds, 43 s: the baseline was also compared/,
  );
});

test("annotations: GitHub shows ten of a kind, so the tenth names the rest", () => {
  const scenarios = Array.from({ length: 14 }, (_, index) => ({
    name: `s${index}`,
    protocol: "kafka" as const,
  }));
  const evidence = gateEvidence({ rounds: 1, scenarios });
  const metrics = scenarios.map(({ name }) => metricJudgement({ ...REGRESS, scenario: name }));
  const commands = parseCommands(renderAnnotations(evidence, judgementOf("regress", metrics)));
  assert.equal(commands.length, 10);
  assert.equal(commands.at(-1)!.message, "also: s9, s10, s11, s12, s13");
});

test("the comment can be found again and says the verdict first", () => {
  const text = renderComment(EVIDENCE, judgementOf("regress", [REGRESS]));
  assert.ok(
    text.startsWith(
      `${COMMENT_MARKER}\n**Brokermark: REGRESS** megabatch broker CPU per message 7.6 % worse`,
    ),
  );
  const many = Array.from({ length: 3000 }, (_, index) => metricJudgement({ scenario: `scenario-${index}` }));
  const long = renderComment(EVIDENCE, judgementOf("pass", many));
  assert.ok(long.length <= 65_536 && long.startsWith(COMMENT_MARKER));
});
