import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { startAttack } from "../../../src/gate/proof/attacks.ts";

const groups = () => readFileSync("/proc/self/cgroup", "utf8");

test("a quota holds this process until it is disposed of, or is refused with the reason", async (t) => {
  const before = groups();
  let quota: AsyncDisposable;
  try {
    quota = await startAttack("quota");
  } catch (error) {
    const { message } = error as Error;
    assert.match(message, /no control group can be made: .+/);
    assert.equal(groups(), before);
    assertNoGroupLeft();
    t.diagnostic(`refused here: ${message}`);
    return;
  }
  const within = groups();
  await quota[Symbol.asyncDispose]();
  assert.match(within, new RegExp(`/brokermark-quota-${process.pid}$`, "m"));
  assert.equal(groups(), before);
  assertNoGroupLeft();
});

function assertNoGroupLeft(): void {
  for (const root of ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup"])
    assert.ok(!existsSync(`${root}/brokermark-quota-${process.pid}`));
}
