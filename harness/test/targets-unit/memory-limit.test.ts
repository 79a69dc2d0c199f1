import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryLimitOptions } from "../../src/targets/memory-limit.ts";

test("a limit is an option of the target's own; without one it is as shipped", () => {
  const bytes = 256 * 2 ** 20;
  assert.deepEqual(memoryLimitOptions("reference", bytes), { "memory-limit-bytes": "268435456" });
  assert.deepEqual(memoryLimitOptions("rabbitmq", bytes), {
    "vm_memory_high_watermark.absolute": "268435456",
  });
  assert.deepEqual(memoryLimitOptions("external", null), {});
});

test("a target whose limit cannot be set is not run as if it were", () => {
  for (const name of ["external", "null"] as const) {
    assert.throws(() => memoryLimitOptions(name, 1e9), { code: "USAGE" });
  }
});
