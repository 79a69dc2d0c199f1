/** recovery on the reference broker, small: what must hold on every machine. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT } from "../../src/exit-codes.ts";
import { Workplace } from "./cli.ts";
import { anomalies, figure, NO_ANOMALY, PATIENT, smoke, stages } from "./smoke.ts";

const onLinux = process.platform === "linux";

for (const stop of ["clean", "killed"]) {
  test(`${stop}: everything confirmed is there again, over both protocols`, async () => {
    const runs = await smoke("recovery", PATIENT, `stop=${stop}`);
    assert.deepEqual(
      runs.map(({ protocol }) => protocol),
      ["amqp", "kafka"],
    );
    for (const run of runs) {
      assert.deepEqual(anomalies(run), NO_ANOMALY);
      const { published, confirmed, delivered } = run.integrity;
      assert.ok(published >= 2000, `${published} were published`);
      assert.deepEqual([confirmed, delivered], [published, published]);
      assert.deepEqual(stages(run), ["fill", "stop", "recover", "read back"]);
      const parts = ["startToAccept", "acceptToServed", "servedToDelivery"].map((name) => figure(run, name)!);
      assert.ok(
        parts.every((part) => part > 0),
        `${parts}`,
      );
      const sum = parts.reduce((total, part) => total + part, 0);
      assert.ok(Math.abs(sum - figure(run, "startToFirstDelivery")!) < 3);
      assert.ok(figure(run, "startToAllRead")! >= sum - 3);
      if (onLinux) assert.ok(figure(run, "rssAllRead")! > 0);
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
