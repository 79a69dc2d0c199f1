import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { descendants, listProcesses, readTreeUsage } from "../../src/measure/process-tree.ts";
import { ResourceSampler } from "../../src/measure/sampler.ts";

const skip = process.platform === "linux" ? false : "reads /proc, which is Linux's";

/** A child that says `up` and is killed with the scope. */
async function child(code: string): Promise<Disposable & { pid: number; process: ChildProcess }> {
  const process_ = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await once(process_.stdout!, "data");
  return { pid: process_.pid!, process: process_, [Symbol.dispose]: () => void process_.kill("SIGKILL") };
}

test("a tree is the root and all below it", () => {
  const stat = (pid: number, parentPid: number) => ({ pid, parentPid, cpuUs: 0 });
  const stats = [stat(1, 0), stat(5, 1), stat(7, 5), stat(8, 7), stat(9, 1)];
  assert.deepEqual(descendants(5, stats).toSorted(), [5, 7, 8]);
});

test("a grandchild's memory and CPU belong to the tree, also after it was reaped", { skip }, async () => {
  const burn = "const { user } = process.cpuUsage(); while (process.cpuUsage().user - user < 300_000);";
  using parent = await child(`
    const { spawnSync } = require("node:child_process");
    console.log("up");
    spawnSync(process.execPath, ["-e", ${JSON.stringify(burn)}]);
    console.log("done");
    setInterval(() => {}, 1000);
  `);
  await once(parent.process.stdout!, "data");
  const pids = descendants(parent.pid, listProcesses());
  assert.deepEqual(pids, [parent.pid]);
  // 300 ms of CPU were the reaped grandchild's; the kernel counts in ticks of 10 ms.
  const { cpuUs } = readTreeUsage(pids);
  assert.ok(cpuUs >= 280_000, `${cpuUs} us`);
});

test("the sampler sees a target's CPU, memory and writes within the phase only", { skip }, async () => {
  using target = await child(`
    const end = Date.now() + 200; while (Date.now() < end);
    console.log("up");
    process.on("SIGUSR2", () => {
      const block = Buffer.alloc(64 * 1024 * 1024, 1);
      require("node:fs").writeFileSync("/dev/null", block);
      globalThis.kept = block;
      console.log("allocated");
    });
    setInterval(() => {}, 1000);
  `);
  using sampler = new ResourceSampler(target.pid, []);
  const before = sampler.finish();
  target.process.kill("SIGUSR2");
  await once(target.process.stdout!, "data");
  await sleep(20);
  const after = sampler.finish();
  assert.equal(after.unavailable, null);
  assert.ok(before.target && after.target);
  assert.ok(before.target.cpuSeconds < 0.1, "what was burnt before the phase does not count");
  assert.ok(after.target.peakRssBytes >= before.target.peakRssBytes + 48 * 1024 * 1024);
  assert.ok(after.machine.busyShare !== null && after.machine.busyShare <= 1.5);
  assert.ok(Math.abs(after.machine.clockStepMs) < 1_000);
});

test("a target without a process costs nothing that could be told", () => {
  using sampler = new ResourceSampler(null, []);
  assert.equal(sampler.finish().target, null);
});
