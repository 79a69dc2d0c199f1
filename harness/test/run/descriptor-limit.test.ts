import assert from "node:assert/strict";
import { test } from "node:test";
import { allowConnections, parseOpenFiles } from "../../src/run/descriptor-limit.ts";

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            1024                 1048576              files
`;

test("soft and hard limit are read from /proc/PID/limits", () => {
  assert.deepEqual(parseOpenFiles(LIMITS), { soft: 1024, hard: 1_048_576 });
  assert.deepEqual(parseOpenFiles(LIMITS.replace("1048576", "unlimited")), { soft: 1024, hard: Infinity });
  assert.equal(parseOpenFiles("Max cpu time unlimited unlimited seconds\n"), null);
});

const skip = process.platform === "linux" ? false : "limits are read from /proc, which is Linux's";

test("more than the machine allows is refused with the limit and what to do", { skip }, () => {
  allowConnections("this test", [process.pid], 10);
  // Above fs.nr_open not even root may go.
  assert.throws(() => allowConnections("this test", [process.pid], 2 ** 31), {
    code: "TARGET_START_FAILED",
    message: /may open \d+ files, and 2147483648 connections need/,
    hint: /ulimit -n/,
  });
});
