import assert from "node:assert/strict";
import { test } from "node:test";
import { parseKeyedNumber, parseMachineCpu, parseProcessStat } from "../../src/measure/proc-files.ts";

test("a command name with spaces and brackets does not shift the fields", () => {
  const line =
    "4242 (a) b (c) S 17 4242 4242 0 -1 4194560 900 0 0 0 150 50 7 3 20 0 11 0 88 1000 200 18446744073709551615";
  assert.deepEqual(parseProcessStat(line), { pid: 4242, parentPid: 17, cpuUs: 210 * 10_000 });
});

test("idle, I/O wait and guest time are not busy", () => {
  const text = "cpu  100 20 30 9999 888 4 6 50 77 11\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
  assert.deepEqual(parseMachineCpu(text), { busyUs: 160 * 10_000, stealUs: 50 * 10_000 });
});

test("an old kernel without steal has none", () => {
  assert.equal(parseMachineCpu("cpu  1 1 1 1 1 1 1\n").stealUs, 0);
});

test("anything else is no cpu line", () => {
  assert.throws(() => parseMachineCpu("intr 1 2 3\n"), /not the cpu line/);
});

test("keyed numbers: kB become bytes, absent keys are null", () => {
  const text = "VmHWM:\t    1692 kB\nThreads:\t3\nwrite_bytes: 4096\ncancelled_write_bytes: 7\n";
  assert.equal(parseKeyedNumber(text, "VmHWM"), 1692 * 1024);
  assert.equal(parseKeyedNumber(text, "Threads"), 3);
  assert.equal(parseKeyedNumber(text, "write_bytes"), 4096);
  assert.equal(parseKeyedNumber(text, "VmSwap"), null);
});
