import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { TreeCpu } from "../../src/measure/tree-cpu.ts";

const skip = process.platform !== "linux" && "thread CPU is read from Linux's /proc";

/** Burns on a line from us: `main`, `thread` (which ends), `child` (which ends), so many milliseconds; says when it is done. */
const BURNER = `
  const { Worker } = require("node:worker_threads");
  const { spawnSync } = require("node:child_process");
  const burn = (ms) => "const end = process.cpuUsage().user + " + ms + "e3; while (process.cpuUsage().user < end);";
  require("node:readline").createInterface({ input: process.stdin }).on("line", async (line) => {
    const [how, ms] = line.split(" ");
    if (how === "main") eval(burn(ms));
    if (how === "thread") await new Promise((done) => new Worker(burn(ms), { eval: true }).on("exit", done));
    if (how === "child") spawnSync(process.execPath, ["-e", burn(ms)]);
    console.log("done");
  });
  console.log("ready");
`;

async function burner(t: TestContext) {
  const child: ChildProcess = spawn(process.execPath, ["-e", BURNER], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill());
  const lines = createInterface({ input: child.stdout! });
  await once(lines, "line");
  return {
    pid: child.pid!,
    burn: async (how: string, ms: number) => {
      const done = once(lines, "line");
      child.stdin!.write(`${how} ${ms}\n`);
      await done;
    },
  };
}

test("a process's CPU is that of all its threads", { skip }, async (t) => {
  const { pid, burn } = await burner(t);
  using cpu = TreeCpu.of(pid, { withDescendants: true });
  assert.ok(cpu !== null);
  const before = cpu.read();
  await burn("main", 120);
  const used = (cpu.read() - before) / 1e6;
  assert.ok(used >= 110, `${used} ms`);
  assert.ok(Math.abs(cpu.unseenUs()) < 60e3, `${cpu.unseenUs()} us unseen`);
});

test("CPU of threads and children that came and went between two readings is told as unseen", {
  skip,
}, async (t) => {
  const { pid, burn } = await burner(t);
  using cpu = TreeCpu.of(pid, { withDescendants: true });
  assert.ok(cpu !== null);
  await burn("thread", 200);
  const withThread = cpu.unseenUs();
  assert.ok(withThread > 150e3, `${withThread} us`);
  await burn("child", 200);
  assert.ok(cpu.unseenUs() - withThread > 150e3, `${cpu.unseenUs()} us`);
});

test("a thread that is there when it is read counts, also when it has ended", { skip }, async (t) => {
  const { pid, burn } = await burner(t);
  using cpu = TreeCpu.of(pid, { withDescendants: true });
  assert.ok(cpu !== null);
  const before = cpu.read();
  let ended = false;
  const burning = burn("thread", 250).then(() => (ended = true));
  while (!ended) {
    cpu.read();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await burning;
  const used = (cpu.read() - before) / 1e6;
  assert.ok(used >= 180, `${used} ms`);
});

test("of no process there is nothing to read, and one that ended keeps what was read", { skip }, async () => {
  assert.equal(TreeCpu.of(2 ** 22 + 1, { withDescendants: true }), null);
  const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"]);
  await once(child, "spawn");
  using cpu = TreeCpu.of(child.pid!, { withDescendants: false });
  assert.ok(cpu !== null);
  const before = cpu.read();
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.ok(cpu.read() >= before);
});
