/** backlog-drain on the reference broker, small: what must hold on every machine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunSummary } from "../../src/result/schema.ts";
import { loadResult } from "../../src/result/store.ts";
import { Workplace } from "./cli.ts";
import { anomalies, figure, NO_ANOMALY, PATIENT, smoke, smokeIn, stages } from "./smoke.ts";

function assertBothProtocols(runs: readonly RunSummary[]): void {
  assert.deepEqual(
    runs.map(({ protocol }) => protocol),
    ["amqp", "kafka"],
  );
}

test("a backlog is drained beside live messages, which are told from it", async () => {
  await using place = await Workplace.make();
  const runs = await smokeIn(place, ["backlog-drain"], { set: [PATIENT] });
  assertBothProtocols(runs);
  for (const run of runs) {
    assert.deepEqual(anomalies(run), NO_ANOMALY);
    assert.deepEqual(stages(run), ["grow", "drain", "after"]);
    const [grow, drain, after] = run.phases;
    const { published, confirmed, delivered } = run.integrity;
    assert.ok(grow!.messages! >= 20_000 && published > grow!.messages!, "nothing was published beside it");
    assert.deepEqual([confirmed, delivered], [published, published]);
    assert.equal(drain!.messages! + after!.messages!, published);
    // Latencies are those of the live ones only.
    const live = published - grow!.messages!;
    assert.equal(run.latencyUs.response?.count, live);
    assert.equal(run.latencyUs.publish?.count, live);
    assert.ok(figure(run, "beginToEmpty")! > 0 && figure(run, "beginToDrained")! > 0);
    assert.ok(figure(run, "liveDrainedP50")! > 0);
    const stored = await loadResult(run.resultFile!);
    assert.ok(stored.phases[1]!.windows.consume.length > 0);
  }
});

for (const [how, consuming] of [
  ["with acks", ["ackEvery=1", "prefetch=100"]],
  ["without acks", ["ackEvery=0", "prefetch=0"]],
] as const) {
  test(`a backlog is drained while nobody publishes, ${how}`, async () => {
    const quiet = ["mode=closed", "ratePerSecond=null", "consumers=2"];
    const runs = await smoke("backlog-drain", PATIENT, ...quiet, ...consuming);
    assertBothProtocols(runs);
    for (const run of runs) {
      assert.deepEqual(anomalies(run), NO_ANOMALY);
      assert.deepEqual(stages(run), ["grow", "drain"]);
      assert.equal(run.integrity.delivered, run.integrity.published);
      assert.equal(run.latencyUs.response, null);
      assert.match(run.figures.liveDrainedP99!.note!, /nothing was published/);
      assert.equal(figure(run, "beginToEmpty"), figure(run, "beginToDrained"));
      assert.ok(run.throughput.messagesPerSecond! > 0);
    }
  });
}
