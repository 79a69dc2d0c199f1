/** A letter is stored where it goes before its copy goes where it was, whichever store a commit writes first. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryFileSystem } from "../store/memory-file-system.ts";
import { NOBODY, settleTurns, TestEngine } from "../engine/test-engine.ts";

const directory = "/broker";
const durable = true;
const persistent = { deliveryMode: 2 } as const;

test("a kill at any write finds a dead letter in one queue or the other", async (t) => {
  const fileSystem = new MemoryFileSystem();
  const under = await TestEngine.start(t, { fileSystem, directory });
  await under.queue("dead", { durable });
  await under.queue("q", {
    durable,
    arguments: { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead" },
  });
  under.publish("", "q", "letter", persistent);
  await under.stored();
  const from = fileSystem.log.length;
  const queue = under.host.requireQueue("q", NOBODY);
  queue.reject([queue.take(false)!.position]);
  // It makes the queue the first that the commit writes.
  under.publish("", "q", "next", persistent);
  await settleTurns();
  assert.ok(fileSystem.log.length > from, "something was written");
  for (let operations = from; operations <= fileSystem.log.length; operations++) {
    const after = await TestEngine.start(t, {
      ...{ fileSystem: fileSystem.killedAfter(operations), directory },
    });
    const bodies = [...after.bodies("q"), ...after.bodies("dead")];
    assert.ok(bodies.includes("letter"), `killed after operation ${operations - from}`);
  }
});
