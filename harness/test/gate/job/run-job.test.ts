import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { HarnessError } from "../../../src/errors.ts";
import { evidenceLine, type EvidenceLine, type GateEvidence } from "../../../src/gate/evidence.ts";
import { type GateJobDeps, type GateJobOptions, runGateJob } from "../../../src/gate/job/run-job.ts";
import type { Progress } from "../../../src/gate/judgement.ts";
import { SideFailure } from "../../../src/gate/rounds/side-failure.ts";
import { jobOptions, measuredRound, StartedSides } from "./played-round.ts";

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
});
after(async () => {
  await rm(directory, { recursive: true, force: true });
});

const ROUND_MS = 5000;

/** A clock that only rounds move on, and what was written. */
class Stage {
  readonly sides = new StartedSides();
  readonly lines: EvidenceLine[] = [];
  readonly interruption = new AbortController();
  nowMs = 0;
  progress: (evidence: GateEvidence) => Progress = () => ({ decided: [], stop: null });
  measure: GateJobDeps["measureRound"] = async (_, input) => {
    this.nowMs += ROUND_MS;
    return measuredRound(input);
  };

  async play(changes: Partial<GateJobOptions> = {}): Promise<GateEvidence> {
    const sides = { baseline: this.sides.side("old"), candidate: this.sides.side("new") };
    const options = { ...(await jobOptions(sides, directory)), ...changes };
    return await runGateJob(options, {
      signal: this.interruption.signal,
      nowMs: () => this.nowMs,
      now: () => new Date(this.nowMs),
      machine: () => "machine",
      measureRound: (scenario, input) => this.measure(scenario, input),
      progressOf: (evidence) => this.progress(evidence),
      append: async (line) => void this.lines.push(line),
      listen: () => undefined,
    });
  }
}

test("rounds of the scenarios alternate until the time is over, and never begin where they cannot end", async () => {
  const stage = new Stage();
  const { job, rounds, end } = await stage.play({ maxTimeMs: 5 * ROUND_MS + ROUND_MS - 1 });
  assert.equal(end?.reason, "time");
  assert.equal(end?.wallMs, 5 * ROUND_MS);
  assert.deepEqual(
    rounds.map(({ round, scenario }) => [round, scenario]),
    [
      [0, "megabatch"],
      [1, "publish-confirm"],
      [2, "megabatch"],
      [3, "publish-confirm"],
      [4, "megabatch"],
    ],
  );
  assert.deepEqual(
    stage.lines.map(({ type }) => type),
    ["job", "round", "round", "round", "round", "round", "end"],
  );
  for (const line of stage.lines)
    assert.deepEqual(evidenceLine.parse(JSON.parse(JSON.stringify(line))), line);
  assert.deepEqual(job.sides.baseline?.configuration, { threads: "4" });
  assert.equal(stage.sides.running, 0);
  assert.deepEqual(await readdir(directory), []);
});

test("port, padding and place in the start order are the slot's", async () => {
  const stage = new Stage();
  const { rounds } = await stage.play({ maxTimeMs: 12 * ROUND_MS });
  const starts = [...stage.sides.log];
  for (const { slots, candidateSlot } of rounds) {
    const ofRound = starts.splice(0, 2);
    for (const [position, start] of ofRound.entries()) {
      const number = slots.findIndex(({ startPosition }) => startPosition === position);
      assert.equal(start.side, number === candidateSlot ? "new" : "old");
      assert.equal(start.options.port, slots[number]?.port);
      assert.match(start.options.directory, new RegExp(`slot-${number}$`));
      const padding = start.options.environment?.BROKERMARK_PADDING ?? "";
      assert.equal(padding.length, slots[number]?.environmentPaddingBytes);
    }
  }
  assert.equal(new Set(rounds.map(({ candidateSlot }) => candidateSlot)).size, 2);
});

test("a decided scenario gets no more rounds, and the job ends for the reason that it is given", async () => {
  const stage = new Stage();
  stage.progress = ({ rounds }) => ({
    decided: rounds.length >= 2 ? ["megabatch"] : [],
    stop: rounds.length >= 5 ? "integrity" : null,
  });
  const { rounds, end } = await stage.play();
  assert.deepEqual(
    rounds.map(({ scenario }) => scenario),
    ["megabatch", ...Array.from({ length: 4 }, () => "publish-confirm")],
  );
  assert.equal(end?.reason, "integrity");
});

test("a side that never started is the job's failure, with its name; nothing is written", async () => {
  const stage = new Stage();
  stage.sides.failing = (side) =>
    side === "new" ? new HarnessError("TARGET_START_FAILED", "no port", { hint: "x" }) : null;
  await assert.rejects(stage.play(), {
    code: "TARGET_START_FAILED",
    message: "candidate: no port",
    hint: "x",
  });
  assert.deepEqual(stage.lines, []);
  assert.equal(stage.sides.running, 0);
});

test("a side that does not start later ends the job; what was measured is kept", async () => {
  const stage = new Stage();
  stage.sides.failing = (side, start) =>
    side === "old" && start === 3 ? new HarnessError("TARGET_START_FAILED", "no port") : null;
  const { rounds, end } = await stage.play();
  assert.equal(rounds.length, 3);
  assert.equal(end?.reason, "side-failed");
  assert.deepEqual(end?.failure, { side: "baseline", code: "TARGET_START_FAILED", message: "no port" });
  assert.equal(stage.sides.running, 0);
});

test("of a side whose connection broke because it died, how it died is told", async () => {
  const stage = new Stage();
  const died = new HarnessError("TARGET_DIED", "ended by itself (signal SIGSEGV)");
  stage.sides.died = Promise.reject(died);
  stage.sides.died.catch(() => undefined);
  stage.measure = async () => {
    throw new SideFailure("candidate", new HarnessError("TARGET_UNREACHABLE", "connection closed"));
  };
  const { end } = await stage.play();
  assert.deepEqual(end?.failure, { side: "candidate", code: "TARGET_DIED", message: died.message });
});

test("a failure that is no side's, and options that a side does not take, are thrown", async () => {
  const stage = new Stage();
  stage.measure = async () => {
    throw new Error("a bug");
  };
  await assert.rejects(stage.play(), { message: "a bug" });
  const other = new Stage();
  other.sides.failing = () => new HarnessError("USAGE", "no such option");
  await assert.rejects(other.play(), { code: "USAGE", message: /^(baseline|candidate): no such option$/ });
  assert.equal(stage.sides.running, 0);
});

test("an interruption stops both sides, and the round that was being played does not count", async () => {
  const stage = new Stage();
  stage.measure = async (_, input) => {
    stage.nowMs += ROUND_MS;
    if (stage.nowMs < 3 * ROUND_MS) return measuredRound(input);
    stage.interruption.abort(new Error("interrupted"));
    throw stage.interruption.signal.reason;
  };
  const { rounds, end } = await stage.play();
  assert.equal(rounds.length, 2);
  assert.equal(end?.reason, "interrupted");
  assert.equal(stage.sides.running, 0);
  const early = new Stage();
  early.interruption.abort(new Error("interrupted"));
  await assert.rejects(early.play(), { message: "interrupted" });
  assert.deepEqual(early.lines, []);
});

test("a job that is gone on with plays the next rounds of the same schedule, in what is left of its time", async () => {
  const whole = await new Stage().play({ maxTimeMs: 10 * ROUND_MS });
  const first = await new Stage().play({ maxTimeMs: 4 * ROUND_MS });
  const stage = new Stage();
  const second = await stage.play({ resumed: { ...first, end: null }, maxTimeMs: 10 * ROUND_MS });
  const drawn = ({ rounds }: GateEvidence) =>
    rounds.map(({ round, scenario, candidateSlot, slots }) => [
      round,
      scenario,
      candidateSlot,
      slots.map(({ startPosition, environmentPaddingBytes }) => [startPosition, environmentPaddingBytes]),
    ]);
  assert.deepEqual(drawn(second), drawn(whole));
  assert.deepEqual(
    stage.lines.map(({ type }) => type),
    [...Array.from({ length: 6 }, () => "round"), "end"],
  );
  assert.equal(second.end?.wallMs, 10 * ROUND_MS);
});

test("a side that was updated since is another side", async () => {
  const first = await new Stage().play({ maxTimeMs: 2 * ROUND_MS });
  const job = structuredClone(first.job);
  job.sides.candidate!.version = "0.9";
  const stage = new Stage();
  await assert.rejects(stage.play({ resumed: { job, rounds: first.rounds, end: null } }), {
    code: "USAGE",
    message: /candidate: its version was 0\.9/,
  });
  assert.equal(stage.sides.running, 0);
});

test("three sides with a control play Latin squares of fewer blocks", async () => {
  const stage = new Stage();
  const control = {
    baseline: stage.sides.side("old"),
    candidate: stage.sides.side("new"),
    control: stage.sides.side("old"),
  };
  const orders: number[][] = [];
  stage.measure = async (_, input) => {
    orders.push(input.blockOrders.map((order) => order.length));
    stage.nowMs += ROUND_MS;
    return measuredRound(input);
  };
  const { rounds } = await stage.play({ sides: control, maxTimeMs: ROUND_MS });
  assert.deepEqual(orders, [[9, 9, 9, 9]]);
  assert.deepEqual(Object.keys(rounds[0]!.sides).sort(), ["baseline", "candidate", "control"]);
  assert.equal(new Set(Object.values(rounds[0]!.sides).map((side) => side?.slot)).size, 3);
});
