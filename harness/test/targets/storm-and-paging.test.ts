/** ttl-storm and memory-paging on RabbitMQ, small. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RunSummary } from "../../src/result/schema.ts";
import { TARGETS } from "../../src/targets/catalog.ts";
import { Workplace } from "../e2e/cli.ts";
import { smokeIn } from "../e2e/smoke.ts";

const { installed, howToInstall } = await TARGETS.rabbitmq.describe();
const skip = installed ? false : `RabbitMQ is not installed: ${howToInstall}`;

async function smoke(scenario: string, ...set: string[]): Promise<RunSummary> {
  await using place = await Workplace.make();
  const [run] = await smokeIn(place, [scenario], { target: "rabbitmq", set });
  assert.equal(run!.integrity.verdict, "valid");
  return run!;
}

describe("stages on RabbitMQ", { skip, concurrency: false }, () => {
  for (const due of ["together", "spread", "queue-ttl"]) {
    test(`a storm due ${due}: every message becomes a dead letter, none early`, async () => {
      const small = ["stormMessages=5000", "leadMs=3s", "calmMs=1s"];
      const run = await smoke("ttl-storm", ...small, `due=${due}`, "spreadMs=1s");
      const told = (name: string) => run.figures[name]!.value;
      assert.deepEqual([told("deadLettered"), told("unaccounted"), told("early")], [5000, 0, 0]);
      assert.ok(told("latenessMax")! >= 0);
    });
  }

  test("a storm without dead letters expires, and its queues are seen empty", async () => {
    const run = await smoke("ttl-storm", "stormMessages=5000", "deadLetter=false");
    assert.deepEqual([run.figures.expired!.value, run.figures.unaccounted!.value], [5000, 0]);
    assert.notEqual(run.figures.goneAfter!.value, null);
  });

  test("a queue under a memory limit is drained intact", async () => {
    const run = await smoke("memory-paging", "messages=5000");
    assert.deepEqual([run.integrity.delivered, run.figures.deepest!.value], [5000, 5000]);
  });
});
