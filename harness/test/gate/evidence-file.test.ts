import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { HarnessError } from "../../src/errors.ts";
import { EvidenceWriter, parseEvidence, readEvidence } from "../../src/gate/evidence-file.ts";
import { gateEvidence } from "./gate-fixture.ts";

const directory = await mkdtemp(join(tmpdir(), "brokermark-evidence-"));
after(() => rm(directory, { recursive: true }));

const { job, rounds, end } = gateEvidence({ rounds: 2 });
const [first, second] = rounds as [(typeof rounds)[0], (typeof rounds)[0]];
const lines = (...values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join("");

function refused(text: string, message: RegExp): void {
  assert.throws(
    () => parseEvidence(text, "job.jsonl"),
    (error) =>
      error instanceof HarnessError && error.code === "RESULT_INVALID" && message.test(error.message),
  );
}

test("what is appended is read back, line by line", async () => {
  const path = join(directory, "job.jsonl");
  const writer = await EvidenceWriter.create(path, job);
  await writer.append(first);
  assert.deepEqual((await readEvidence(path)).evidence, { job, rounds: [first], end: null });
  await writer.append(second);
  await writer.append(end!);
  await writer.close();
  assert.deepEqual(await readEvidence(path), { evidence: { job, rounds: [first, second], end }, notes: [] });
});

test("a file that is there already is not written over", async () => {
  const path = join(directory, "taken.jsonl");
  await writeFile(path, "mine");
  await assert.rejects(EvidenceWriter.create(path, job), { code: "USAGE" });
  assert.equal(await readFile(path, "utf8"), "mine");
});

test("a last line that was cut off anywhere is dropped with a note, or complete", () => {
  const whole = lines(job, first);
  const tail = JSON.stringify(second);
  for (const cut of [1, 2, 17, Math.floor(tail.length / 2), tail.length - 1]) {
    const { evidence, notes } = parseEvidence(whole + tail.slice(0, cut), "job.jsonl");
    assert.deepEqual(evidence, { job, rounds: [first], end: null });
    assert.deepEqual(notes, [`job.jsonl: line 3 was cut off after ${cut} characters and is not counted`]);
  }
  const { evidence, notes } = parseEvidence(whole + tail, "job.jsonl");
  assert.deepEqual([evidence.rounds, notes], [[first, second], []]);
});

test("a job that was cut off goes on where its last whole line ends", async () => {
  const path = join(directory, "cut.jsonl");
  await writeFile(path, lines(job, first));
  await appendFile(path, '{"type":"round","round":1,"exam');
  const { writer, evidence, notes } = await EvidenceWriter.resume(path);
  assert.deepEqual([evidence.rounds, notes.length], [[first], 1]);
  await writer.append(second);
  await writer.close();
  assert.equal(await readFile(path, "utf8"), lines(job, first, second));
});

test("a last line that lacks only its end is kept when the job goes on", async () => {
  const path = join(directory, "no-line-end.jsonl");
  await writeFile(path, lines(job, first).trimEnd());
  const { writer } = await EvidenceWriter.resume(path);
  await writer.append(second);
  await writer.close();
  assert.equal(await readFile(path, "utf8"), lines(job, first, second));
});

test("an end before further rounds is of an interruption that was overcome", () => {
  const interrupted = { ...end!, reason: "interrupted" };
  assert.equal(parseEvidence(lines(job, first, interrupted, second), "x").evidence.end, null);
  assert.deepEqual(parseEvidence(lines(job, first, interrupted, second, end), "x").evidence.end, end);
});

test("what is no evidence is refused with the line and the mistake", () => {
  refused("", /its first line is no job/);
  refused(lines(first), /its first line is no job/);
  refused("{}\n", /line 1: type: /);
  refused(`${lines(job)}nonsense\n${lines(first)}`, /line 2 is no JSON/);
  refused(lines(job, { ...first, blocks: "none" }, second), /line 2: blocks: /);
  refused(lines(job, first, job), /line 3 begins a second job/);
  refused(lines(job, { ...first, scenario: "other" }), /line 2 is of scenario other/);
});

test("another version is refused before its fields are looked at", () => {
  refused(lines({ type: "job", schemaVersion: 2 }), /has schemaVersion 2; this brokermark reads 1/);
});

test("a file that is not there is an error of use", async () => {
  await assert.rejects(readEvidence(join(directory, "nothing")), { code: "RESULT_INVALID" });
});
