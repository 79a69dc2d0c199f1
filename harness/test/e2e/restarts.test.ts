/** recovery and backlog-drain on the reference broker, small: what must hold on every machine. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT } from "../../src/exit-codes.ts";
import { type RunSummary, runDocument } from "../../src/result/schema.ts";
import { loadResult } from "../../src/result/store.ts";
import { Workplace } from "./cli.ts";

const NO_ANOMALY = { lost: 0, duplicated: 0, reordered: 0, corrupted: 0 };
const onLinux = process.platform === "linux";

function anomalies({ integrity: { lost, duplicated, reordered, corrupted } }: RunSummary) {
  return { lost, duplicated, reordered, corrupted };
}

/** 3: on a shared machine every run may be contaminated; what is counted does not depend on that. */
async function smoke(place: Workplace, scenario: string, ...args: string[]): Promise<readonly RunSummary[]> {
  const target = ["--target", "reference", "--json", "--out", place.results];
  // The smoke profile's limit is for machines that do nothing else.
  const patient = ["--set", "measure.durationMs=30s"];
  const ended = await place
    .start("run", scenario, "--profile", "smoke", ...target, ...patient, ...args)
    .end();
  const { exitCode, stderr } = ended;
  assert.ok(exitCode === EXIT.done || exitCode === EXIT.inconclusive, `exit code ${exitCode}\n${stderr}`);
  assert.deepEqual(await place.leftovers(), []);
  const { runs } = runDocument.parse(JSON.parse(ended.stdout));
  assert.deepEqual(
    runs.map(({ protocol }) => protocol),
    ["amqp", "kafka"],
  );
  return runs;
}

const value = (run: RunSummary, name: string) => run.figures[name]!.value;
const stages = (run: RunSummary) => run.phases.map(({ name }) => name);

describe("recovery", { concurrency: false }, () => {
  for (const stop of ["clean", "killed"]) {
    test(`${stop}: everything confirmed is there again, over both protocols`, async () => {
      await using place = await Workplace.make();
      for (const run of await smoke(place, "recovery", "--set", `stop=${stop}`)) {
        assert.deepEqual(anomalies(run), NO_ANOMALY);
        const { published, confirmed, delivered } = run.integrity;
        assert.ok(published >= 2000, `${published} were published`);
        assert.deepEqual([confirmed, delivered], [published, published]);
        assert.deepEqual(stages(run), ["fill", "stop", "recover", "read back"]);
        const parts = ["startToAccept", "acceptToServed", "servedToDelivery"].map(
          (name) => value(run, name)!,
        );
        assert.ok(
          parts.every((part) => part > 0),
          `${parts}`,
        );
        const sum = parts.reduce((total, part) => total + part, 0);
        assert.ok(Math.abs(sum - value(run, "startToFirstDelivery")!) < 3);
        assert.ok(value(run, "startToAllRead")! >= sum - 3);
        if (onLinux) assert.ok(value(run, "rssAllRead")! > 0);
      }
    });
  }

  test("a target that cannot be started again is refused", async () => {
    await using place = await Workplace.make();
    const args = ["--profile", "smoke", "--target", "synthetic", "--json", "--out", place.results];
    const ended = await place.start("run", "recovery", ...args).end();
    assert.equal(ended.exitCode, EXIT.usage, ended.stderr);
    assert.match(ended.stderr, /synthetic cannot be stopped and started again/);
    assert.deepEqual(await place.leftovers(), []);
  });

  test("an interrupt at whatever moment leaves no process and no directory", async () => {
    await using place = await Workplace.make();
    for (const afterMs of [0, 100, 200, 300, 450, 600, 800]) {
      const args = ["--profile", "smoke", "--target", "reference", "--json", "--out", place.results];
      const command = place.start("run", "recovery", ...args, "--set", "messages=30000");
      await once(command.child.stderr!, "data");
      await sleep(afterMs);
      command.child.kill("SIGINT");
      const { exitCode, stderr } = await command.end();
      assert.equal(exitCode, EXIT.interrupted, stderr);
      assert.deepEqual(await place.leftovers(), [], `interrupted after ${afterMs} ms`);
    }
  });
});

describe("a backlog", { concurrency: false }, () => {
  test("is drained beside live messages, which are told from it", async () => {
    await using place = await Workplace.make();
    for (const run of await smoke(place, "backlog-drain")) {
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
      assert.ok(value(run, "beginToEmpty")! > 0 && value(run, "beginToDrained")! > 0);
      assert.ok(value(run, "liveDrainedP50")! > 0);
      const stored = await loadResult(run.resultFile!);
      assert.ok(stored.phases[1]!.windows.consume.length > 0);
    }
  });

  test("is drained while nobody publishes, with acks and without", async () => {
    await using place = await Workplace.make();
    const quiet = ["--set", "mode=closed", "--set", "ratePerSecond=null"];
    for (const acks of ["1", "0"]) {
      const prefetch = acks === "1" ? "100" : "0";
      const consuming = [
        "--set",
        `ackEvery=${acks}`,
        "--set",
        `prefetch=${prefetch}`,
        "--set",
        "consumers=2",
      ];
      for (const run of await smoke(place, "backlog-drain", ...quiet, ...consuming)) {
        assert.deepEqual({ ...anomalies(run) }, NO_ANOMALY);
        assert.deepEqual(stages(run), ["grow", "drain"]);
        assert.equal(run.integrity.delivered, run.integrity.published);
        assert.equal(run.latencyUs.response, null);
        assert.match(run.figures.liveDrainedP99!.note!, /nothing was published/);
        assert.equal(value(run, "beginToEmpty"), value(run, "beginToDrained"));
        assert.ok(run.throughput.messagesPerSecond! > 0);
      }
    }
  });
});
