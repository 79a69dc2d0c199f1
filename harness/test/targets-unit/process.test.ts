import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { signalGroup } from "../../src/targets/live-processes.ts";
import { startProcess } from "../../src/targets/process.ts";
import { duringStart } from "../../src/targets/started-broker.ts";

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
});
after(async () => {
  await rm(directory, { recursive: true, force: true });
});

const start = async (script: string, graceMs = 5000) =>
  await startProcess({
    label: "test",
    command: process.execPath,
    args: ["-e", script],
    directory: await mkdtemp(join(directory, "p-")),
    announces: true,
    graceMs,
  });

/** A process whose parent has died may stay a zombie until somebody reaps it: it does not run. */
function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return existsSync("/proc/self/stat") ? false : signalGroup(pid, 0);
  }
}

const ANNOUNCE = `console.log("noise"); console.log(JSON.stringify({ port: 1 }));`;
const STAY = "setInterval(() => {}, 1000);";

test("the first JSON object on standard output is the announcement", async () => {
  await using broker = await start(ANNOUNCE + STAY);
  assert.deepEqual(await broker.announced(), { port: 1 });
});

test("a later announcement can be waited for, before it comes and after", async () => {
  const later = `setTimeout(() => console.log(JSON.stringify({ port: 2 })), 20);`;
  await using broker = await start(ANNOUNCE + later + STAY);
  const isSecond = (line: { port?: unknown }) => line.port === 2;
  assert.deepEqual(await broker.announced(isSecond), { port: 2 });
  assert.deepEqual(await broker.announced(isSecond), { port: 2 });
  assert.deepEqual(await broker.announced(), { port: 1 });
});

test("disposing ends the whole group, also what ignores SIGTERM", async () => {
  const child = `process.on("SIGTERM", () => {}); ${STAY}`;
  const script = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}]); process.on("SIGTERM", () => {}); ${ANNOUNCE}${STAY}`;
  const broker = await start(script, 100);
  await broker.announced();
  await broker[Symbol.asyncDispose]();
  assert.equal(signalGroup(broker.pid, 0), false);
  assert.equal((await broker.exited).signal, "SIGKILL");
});

test("a process that ends by itself rejects `died` with the end of its log", async () => {
  await using broker = await start(`console.error("out of luck"); process.exitCode = 7;`);
  await assert.rejects(broker.died, { code: "TARGET_DIED", message: /exit code 7[\s\S]*\| out of luck/ });
});

test("a process that ends while starting is a failed start, with a hint where the log has one", async () => {
  const broker = await start(
    `console.error("Error: listen EADDRINUSE: address already in use"); process.exit(1);`,
  );
  await assert.rejects(
    duringStart(broker, "test", new AbortController().signal, () => broker.announced()),
    {
      code: "TARGET_START_FAILED",
      message: /ended while starting \(exit code 1\)/,
      hint: /another process took the port/,
    },
  );
});

test("an interrupted start leaves no process and rejects with the reason", async () => {
  const controller = new AbortController();
  const broker = await start(STAY);
  const starting = duringStart(broker, "test", controller.signal, () => broker.announced());
  controller.abort(new Error("stop it"));
  await assert.rejects(starting, /stop it/);
  assert.equal(signalGroup(broker.pid, 0), false);
});

test("a missing command and a missing directory are failed starts", async () => {
  const options = { label: "test", args: [], announces: false };
  await assert.rejects(startProcess({ ...options, command: "no-such-command", directory }), {
    code: "TARGET_START_FAILED",
    message: /cannot run no-such-command/,
  });
  await assert.rejects(startProcess({ ...options, command: "true", directory: join(directory, "none") }), {
    code: "TARGET_START_FAILED",
    message: /cannot write/,
  });
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  test(`a harness that ends of ${signal} takes its processes with it`, async () => {
    const module = new URL("../../src/targets/process.ts", import.meta.url).href;
    const script = `const { startProcess } = await import(${JSON.stringify(module)});
      const options = { label: "x", directory: ${JSON.stringify(directory)}, announces: false };
      const p = await startProcess({ ...options, command: process.execPath, args: ["-e", ${JSON.stringify(STAY)}] });
      console.log(p.pid); ${STAY}`;
    const harness = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [printed] = await once(harness.stdout, "data");
    const pid = Number(String(printed));
    assert.ok(pid > 0);
    harness.kill(signal);
    await once(harness, "exit");
    for (let tries = 0; runs(pid) && tries < 200; tries++) await sleep(10);
    assert.equal(runs(pid), false);
  });
}
