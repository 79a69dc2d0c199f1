import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readEvidence } from "../../src/gate/evidence-file.ts";
import { GATE_OUTPUTS } from "../../src/gate/outputs/index.ts";
import { Workplace } from "../e2e/cli.ts";
import { brokermark } from "./cli.ts";

/** Rounds of a second: what is decided by them is no matter here. */
const BRIEF = [
  ...["--scenario", "publish-confirm", "--no-preflight"],
  ...["--blocks", "5", "--slice", "5ms", "--warmup", "50ms"],
];
const SELF = ["--baseline", "target:reference", "--candidate", "target:reference"];

test("help names the sides, what is gated, and every output", async () => {
  const { stdout, code } = await brokermark("gate", "--help");
  assert.equal(code, 0);
  for (const words of ["git:REV", "target:NAME[@VERSION]", "cmd:'COMMAND'", "url:HOST:PORT"]) {
    assert.ok(stdout.includes(words), words);
  }
  const flat = stdout.replaceAll(/\s+/g, " ");
  assert.match(flat, /megabatch \(profile standard, acks=1, codec=lz4\)/);
  assert.match(flat, /throughput 5%, p90 5%, p99 20%, cpuPerMessage 5%, memory 5%/);
  for (const { flag } of GATE_OUTPUTS) assert.ok(stdout.includes(`--${flag}`), flag);
});

test("mistakes are usage errors that say what was probably meant", async () => {
  const mistakes: [string[], RegExp][] = [
    [["--baseline", "HEAD"], /compares --baseline with --candidate/],
    [["--baseline", "HAED", "--candidate", "HEAD"], /git:HAED: no such commit[\s\S]*did you mean HEAD\?/],
    [["--baseline", "traget:kafka", "--candidate", "HEAD"], /did you mean target:\?/],
    [["--baseline", "target:kafka@3", "--candidate", "HEAD"], /"3" is no version of kafka/],
    [[...SELF, "--limit", "trougput=5%"], /did you mean throughput\?/],
    [[...SELF, "--seed", "1"], /expected 32 hexadecimal digits/],
    [[...SELF, "--max-time", "2s"], /is less than one round takes/],
    [["--replay", "x.jsonl", "--baseline", "HEAD"], /--baseline/],
    [["--resume", "/nowhere/x.jsonl"], /no such file/],
  ];
  for (const [args, message] of mistakes) {
    const { code, stderr, stdout } = await brokermark("gate", ...args);
    assert.equal(code, 2, `${args.join(" ")}\n${stderr}`);
    assert.match(stderr, message);
    assert.equal(stdout, "");
  }
});

test("a broker that does not start ends the job with its log, and leaves nothing", async () => {
  await using place = await Workplace.make();
  const sides = ["--baseline", "target:reference", "--candidate", "cmd:echo out of luck; exit 7"];
  const { exitCode, stderr } = await place.start("gate", ...sides, ...BRIEF, "--out", place.results).end();
  assert.equal(exitCode, 5, stderr);
  assert.match(stderr, /candidate: target cmd: ended while starting[\s\S]*out of luck/);
  assert.deepEqual(await place.leftovers(), []);
});

test("a job writes evidence that replays to the same verdict, goes on after an interruption, and knows its rerun", async () => {
  await using place = await Workplace.make();
  const out = ["--out", place.results];
  const running = place.start("gate", ...SELF, ...BRIEF, ...out, "--max-time", "60s");
  await new Promise<void>((resolve) => {
    running.child.stderr?.on("data", (text) => /round +2/.test(String(text)) && resolve());
  });
  running.child.kill("SIGINT");
  const interrupted = await running.end();
  assert.equal(interrupted.exitCode, 130, interrupted.stderr);
  assert.match(interrupted.stdout, /^INCONCLUSIVE \(interrupted\)/);
  assert.deepEqual(await place.leftovers(), []);
  const [name = ""] = readdirSync(place.results);
  const file = join(place.results, name);
  assert.ok(interrupted.stderr.includes(`--resume ${file}`), interrupted.stderr);
  const before = await readEvidence(file);
  assert.ok(before.evidence.rounds.length >= 2);
  assert.equal(before.evidence.end?.reason, "interrupted");

  const resumed = await place.start("gate", "--resume", file, "--json").end();
  assert.ok(
    [0, 1, 3].includes(resumed.exitCode ?? -1),
    `exit ${resumed.exitCode}\n${resumed.stdout.slice(-20_000)}\n${resumed.stderr}`,
  );
  const { evidence } = await readEvidence(file);
  assert.deepEqual(evidence.rounds.slice(0, before.evidence.rounds.length), before.evidence.rounds);
  assert.ok(evidence.rounds.length > before.evidence.rounds.length);
  assert.deepEqual(
    evidence.rounds.map(({ round }) => round),
    evidence.rounds.map((_, index) => index),
  );
  assert.equal(evidence.job.sides.baseline?.contentHash, evidence.job.sides.candidate?.contentHash);

  const replayed = await place.start("gate", "--replay", file, "--json").end();
  assert.equal(replayed.exitCode, resumed.exitCode);
  assert.deepEqual(JSON.parse(replayed.stdout).judgement, JSON.parse(resumed.stdout).judgement);

  const again = await place.start("gate", ...SELF, ...BRIEF, ...out, "--max-time", "20s").end();
  assert.ok([0, 1, 3].includes(again.exitCode ?? -1), again.stderr);
  assert.match(again.stderr, /evidence of 1 earlier attempt counts too/);
  assert.match(again.stdout.replaceAll(/\s+/g, " "), /attempt 2 of the same job/);
  assert.deepEqual(await place.leftovers(), []);
});
