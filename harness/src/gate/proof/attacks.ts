/** What disturbs a machine while the gate measures: started beside a job, stopped after it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HarnessError } from "../../errors.ts";

export const ATTACKS = {
  cpu: "a process that computes in bursts of 0.1 to 2 s",
  disk: "a process that writes and syncs 4 MiB over and over",
  quota: "a control group that grants harness and brokers 1.5 cores (needs the right to make one)",
} as const;

export type Attack = keyof typeof ATTACKS;

export const ATTACK_NAMES = Object.keys(ATTACKS) as Attack[];

/** Runs until disposed of. Throws USAGE where this machine does not allow it. */
export async function startAttack(attack: Attack): Promise<AsyncDisposable> {
  return attack === "quota" ? await enterQuota() : await startHog(attack);
}

async function startHog(kind: "cpu" | "disk"): Promise<AsyncDisposable> {
  const entry = fileURLToPath(new URL(`./hog${extname(import.meta.url)}`, import.meta.url));
  const hog = spawn(process.execPath, [entry, kind], { stdio: ["pipe", "ignore", "inherit"] });
  await once(hog, "spawn");
  return { [Symbol.asyncDispose]: () => stop(hog) };
}

/** It ends itself when its standard input does, so that none is left behind by a harness that was killed. */
async function stop(hog: ChildProcess): Promise<void> {
  if (hog.exitCode !== null || hog.signalCode !== null) return;
  const exited = once(hog, "exit");
  hog.kill();
  await exited;
}

const PERIOD_US = 100_000;
const QUOTA_US = 150_000;

/** Both layouts of control groups: the unified one, and the older with a tree for each controller. */
const LAYOUTS = [
  {
    root: "/sys/fs/cgroup/cpu",
    limit: [
      ["cpu.cfs_period_us", `${PERIOD_US}`],
      ["cpu.cfs_quota_us", `${QUOTA_US}`],
    ],
  },
  { root: "/sys/fs/cgroup", limit: [["cpu.max", `${QUOTA_US} ${PERIOD_US}`]] },
] as const;

/** Puts this process, and with it all it starts, into a group with a quota; disposal moves it back. */
async function enterQuota(): Promise<AsyncDisposable> {
  const failures: string[] = [];
  for (const { root, limit } of LAYOUTS) {
    const group = join(root, `brokermark-quota-${process.pid}`);
    try {
      const home = join(root, await groupOf(root));
      await mkdir(group);
      for (const [file, value] of limit) await writeFile(join(group, file), value);
      await writeFile(join(group, "cgroup.procs"), `${process.pid}`);
      return {
        [Symbol.asyncDispose]: async () => {
          await writeFile(join(home, "cgroup.procs"), `${process.pid}`);
          await rmdir(group);
        },
      };
    } catch (error) {
      failures.push((error as Error).message);
      await rmdir(group).catch(() => {});
    }
  }
  throw new HarnessError("USAGE", `--attack quota: no control group can be made: ${failures.join("; ")}`, {
    hint: "run as root, or start the whole series under a quota and leave --attack out",
  });
}

/** Path of this process's group below a hierarchy's root. */
async function groupOf(root: string): Promise<string> {
  const lines = (await readFile("/proc/self/cgroup", "utf8")).split("\n");
  const isOlder = root.endsWith("/cpu");
  const line = lines.find((each) =>
    isOlder ? (each.split(":")[1] ?? "").split(",").includes("cpu") : each.startsWith("0::"),
  );
  if (line === undefined) throw new Error(`no hierarchy at ${root}`);
  return line.split(":").slice(2).join(":");
}
