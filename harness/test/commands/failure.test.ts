import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { failureOf } from "../../src/cli/failure.ts";
import { HARNESS_ERRORS, HarnessError, type HarnessErrorCode } from "../../src/errors.ts";

test("each operating error keeps its code, its hint and its exit code", () => {
  for (const code of Object.keys(HARNESS_ERRORS) as HarnessErrorCode[]) {
    assert.deepEqual(failureOf(new HarnessError(code, "what happened", { hint: "what to do" })), {
      code,
      message: "what happened",
      hint: "what to do",
      exitCode: HARNESS_ERRORS[code],
    });
  }
});

test("anything else is a bug of ours: 70, with the stack and a request to report it", () => {
  const failure = failureOf(new TypeError("x is undefined"));
  assert.equal(failure?.exitCode, 70);
  assert.match(failure.message, /TypeError: x is undefined\n {4}at /);
  assert.match(failure.hint ?? "", /report/);
  assert.equal(failureOf("thrown text")?.exitCode, 70);
});

const interruptible = `
  import { exitCodeOf, interruptedBy, interruptionSignal } from ${JSON.stringify(
    new URL("../../src/cli/interruption.ts", import.meta.url).href,
  )};
  const signal = interruptionSignal();
  const waiting = setInterval(() => {}, 1000);
  signal.addEventListener("abort", () => {
    console.log("stopping targets");
    if (process.argv[1] === "hang") return;
    clearInterval(waiting);
    process.exitCode = exitCodeOf(interruptedBy());
  });
  console.log("ready");
`;

async function interrupt(mode: "end" | "hang", signal: NodeJS.Signals) {
  const child = spawn(process.execPath, ["--input-type=module", "-e", interruptible, mode]);
  const ended = once(child, "close");
  let stdout = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    const before = stdout;
    stdout += chunk;
    for (const word of mode === "hang" ? ["ready", "stopping"] : ["ready"]) {
      if (stdout.includes(word) && !before.includes(word)) child.kill(signal);
    }
  }
  const [code] = await ended;
  return { code, stdout };
}

test("SIGINT and SIGTERM let a command stop its targets, and end with 130 and 143", async () => {
  const ended = await Promise.all([interrupt("end", "SIGINT"), interrupt("end", "SIGTERM")]);
  assert.deepEqual(ended, [
    { code: 130, stdout: "ready\nstopping targets\n" },
    { code: 143, stdout: "ready\nstopping targets\n" },
  ]);
});

test("a second signal ends a command that does not stop", async () => {
  assert.equal((await interrupt("hang", "SIGINT")).code, 130);
});
