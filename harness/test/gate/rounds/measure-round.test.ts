import assert from "node:assert/strict";
import { test } from "node:test";
import { block, roundSide } from "../../../src/gate/evidence.ts";
import { SideFailure } from "../../../src/gate/rounds/side-failure.ts";
import { LatencyHistogram } from "../../../src/measure/histogram.ts";
import { signalGroup } from "../../../src/targets/live-processes.ts";
import { ABBA, depsFor, planOf, play, SHORT, startSide } from "./fixture.ts";

const onLinux = process.platform === "linux";
const SMALL = ["producers=2", "partitions=2", "batchBytes=4KiB"];
const reference = { name: "reference" } as const;
const measuredSide = roundSide.omit({ slot: true, startupMs: true });

for (const [scenario, profile, driver, set] of [
  ["megabatch", "smoke", "kafka", SMALL],
  ["publish-confirm", "smoke", "amqp", []],
  ["publish-confirm", "smoke", "kafka", []],
] as const) {
  test(`rounds of ${scenario} over ${driver} on two reference brokers, one generator for both rounds`, async (t) => {
    const plan = await planOf(scenario, profile, driver, [...set]);
    const deps = await depsFor(t, plan);
    for (let round = 0; round < 2; round++) {
      const baseline = await startSide(t, plan, reference);
      const candidate = await startSide(t, plan, reference);
      const { blocks, sides, longestGapMs, notes } = await play(deps, { baseline, candidate });
      assert.deepEqual(notes, []);
      assert.ok(longestGapMs > 0);
      assert.deepEqual(
        blocks.map(({ order }) => order),
        SHORT.blockOrders,
      );
      for (const each of blocks) block.parse(each);
      const slices = blocks.flatMap((each) => each.slices);
      assert.ok(
        slices.every(({ messages, samples, wallNs }) => messages >= samples && samples > 0 && wallNs > 0),
      );
      if (onLinux)
        assert.ok(slices.every(({ cpuNs, idleCpuNs }) => cpuNs !== null && cpuNs > 0 && idleCpuNs !== null));
      for (const name of ["baseline", "candidate"] as const) {
        const side = measuredSide.parse(sides[name]);
        const counted = slices.filter((slice) => slice.side === name);
        assert.equal(
          side.samples,
          counted.reduce((sum, { samples }) => sum + samples, 0),
        );
        assert.equal(LatencyHistogram.decode(side.histogram ?? "").count, side.samples);
        const { published, confirmed, examples, ...wrong } = side.integrity;
        assert.deepEqual(wrong, { lost: 0, duplicated: 0, reordered: 0, corrupted: 0 });
        assert.deepEqual(examples, []);
        // The warm-up's are checked too, and nothing is left in flight.
        assert.equal(published, confirmed);
        assert.ok(confirmed > counted.reduce((sum, { messages }) => sum + messages, 0));
        if (onLinux) assert.ok((side.peakRssBytes ?? 0) > 20e6);
      }
      await baseline[Symbol.asyncDispose]();
      await candidate[Symbol.asyncDispose]();
    }
  });
}

test("three sides, each in its order", async (t) => {
  const plan = await planOf("publish-confirm", "smoke", "amqp");
  const deps = await depsFor(t, plan);
  const [baseline, candidate, control] = [
    await startSide(t, plan, reference),
    await startSide(t, plan, reference),
    await startSide(t, plan, reference),
  ];
  const blockOrders = [["control", "baseline", "candidate", "baseline", "candidate", "control"]] as const;
  const { blocks, sides } = await play(deps, { baseline, candidate, control }, { blockOrders });
  assert.deepEqual(
    blocks.map(({ slices }) => slices.map(({ side }) => side)),
    blockOrders,
  );
  assert.deepEqual(Object.keys(sides), ["baseline", "candidate", "control"]);
});

test("what a broker loses, doubles, swaps or spoils is found on its side, and its delay is in its latency", async (t) => {
  // The synthetic broker spoils what is not compressed.
  const plan = await planOf("megabatch", "smoke", "kafka", [...SMALL, "codec=none"]);
  const deps = await depsFor(t, plan);
  const baseline = await startSide(t, plan, { name: "synthetic" });
  const faults = { lose: "2", duplicate: "1", reorder: "1", corrupt: "1" };
  const candidate = await startSide(t, plan, { name: "synthetic", options: { ...faults, delayMs: "4" } });
  const { sides } = await play(deps, { baseline, candidate }, { sliceMs: 100, blockOrders: [ABBA] });
  const p50 = (name: "baseline" | "candidate") =>
    LatencyHistogram.decode(sides[name]?.histogram ?? "").percentile(50);
  const [slow, quick] = [p50("candidate"), p50("baseline")];
  assert.ok(slow >= 4000 && slow > quick, `${slow} us with a delay of 4 ms, ${quick} us without`);
  const clean = sides.baseline?.integrity;
  assert.deepEqual([clean?.lost, clean?.duplicated, clean?.reordered, clean?.corrupted], [0, 0, 0, 0]);
  const found = sides.candidate?.integrity;
  // A spoilt message is not the one that was sent, so that one is lost as well.
  assert.equal(found?.duplicated, 1);
  assert.ok((found?.lost ?? 0) >= 2);
  assert.ok((found?.reordered ?? 0) >= 1);
  assert.ok((found?.corrupted ?? 0) >= 1);
  assert.ok((found?.examples.length ?? 0) > 0);
});

function withMaxBytes(plan: Awaited<ReturnType<typeof planOf>>, maxBytes: number) {
  return { ...plan, phases: { ...plan.phases, measure: { ...plan.phases.measure, maxBytes } } };
}

test("maxBytes bounds what a side is sent: fewer blocks, and said so", async (t) => {
  const plan = await planOf("publish-confirm", "smoke", "amqp", ["confirmWindow=20"]);
  const bounded = withMaxBytes(plan, 3e6);
  const deps = await depsFor(t, bounded);
  const baseline = await startSide(t, plan, { name: "null" });
  const candidate = await startSide(t, plan, { name: "null" });
  const blockOrders = Array.from({ length: 400 }, () => ABBA);
  const round = play(deps, { baseline, candidate }, { sliceMs: 1, warmupMs: 0, blockOrders });
  // The null target keeps nothing to read back.
  const { blocks, notes, sides } = await round;
  assert.ok(blocks.length > 0 && blocks.length < 400);
  assert.deepEqual(notes, [`${blocks.length} of 400 blocks: the scenario's maxBytes allows no more`]);
  const sent = sides.baseline?.integrity.published ?? 0;
  assert.ok(sent * 1024 <= 3e6);
  assert.equal(sides.baseline?.integrity.lost, sent);
});

test("a warm-up leaves room for what is measured, and says that it was shorter", async (t) => {
  const plan = await planOf("publish-confirm", "smoke", "amqp");
  // Less than a turn of 100 ms would send on a fast machine.
  const bounded = withMaxBytes(plan, 64e6);
  const deps = await depsFor(t, bounded);
  const baseline = await startSide(t, plan, reference);
  const candidate = await startSide(t, plan, reference);
  const { blocks, notes } = await play(deps, { baseline, candidate }, { warmupMs: 60_000 });
  assert.equal(blocks.length, 2);
  assert.match(notes.join(), /^\d+ of 60000 ms of warm-up: the scenario's maxBytes allows no more$/);
});

test("maxBytes that the warm-up uses up is refused", async (t) => {
  const plan = await planOf("publish-confirm", "smoke", "amqp");
  const bounded = withMaxBytes(plan, 50_000);
  const deps = await depsFor(t, bounded);
  const baseline = await startSide(t, plan, reference);
  const candidate = await startSide(t, plan, reference);
  await assert.rejects(play(deps, { baseline, candidate }), {
    code: "USAGE",
    message: /maxBytes 50000 is too little/,
  });
});

test("a broker that dies in the middle is named", async (t) => {
  const plan = await planOf("publish-confirm", "smoke", "amqp");
  const deps = await depsFor(t, plan);
  const baseline = await startSide(t, plan, reference);
  const candidate = await startSide(t, plan, reference);
  const blockOrders = Array.from({ length: 200 }, () => ABBA);
  const round = play(deps, { baseline, candidate }, { blockOrders });
  const failure = assert.rejects(round, (error: unknown) => {
    assert.ok(error instanceof SideFailure);
    assert.equal(error.side, "candidate");
    assert.ok(error.code === "TARGET_DIED" || error.code === "TARGET_UNREACHABLE", error.code);
    return true;
  });
  setTimeout(() => candidate.pid !== null && signalGroup(candidate.pid, "SIGKILL"), 800);
  await failure;
  // The generator plays on with other brokers.
  const again = await startSide(t, plan, reference);
  const { blocks } = await play(deps, { baseline, candidate: again });
  assert.equal(blocks.length, 2);
});

test("an interrupt ends the round with its reason", async (t) => {
  const plan = await planOf("publish-confirm", "smoke", "amqp");
  const interrupt = new AbortController();
  const deps = { ...(await depsFor(t, plan)), signal: interrupt.signal };
  const baseline = await startSide(t, plan, reference);
  const candidate = await startSide(t, plan, reference);
  const blockOrders = Array.from({ length: 200 }, () => ABBA);
  const round = play(deps, { baseline, candidate }, { blockOrders });
  setTimeout(() => interrupt.abort(new Error("stopped by the test")), 300);
  await assert.rejects(round, { message: "stopped by the test" });
});
