/** What a later reader must know of the machine and the program to judge a result. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { arch, cpus, release, totalmem, type } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Environment extends Record<string, unknown> {
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Limits of the control group that the harness runs in; null where there is none. */
  readonly cgroup: { readonly cpuCores: number | null; readonly memoryBytes: number | null };
  readonly kernel: string;
  readonly architecture: string;
  readonly container: boolean;
  /** Type of the file system that targets keep their data on, as statfs(2) numbers it. */
  readonly dataFileSystem: string;
  readonly nodeVersion: string;
  readonly harnessVersion: string;
  /** Commit of the checkout the harness runs from, with `+` if files differ from it; null outside a checkout. */
  readonly harnessCommit: string | null;
}

/** Magic numbers of statfs(2) for what a data directory is likely to lie on. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  61267: "ext4",
  1481003842: "xfs",
  2435016766: "btrfs",
  16914836: "tmpfs",
  2035054128: "overlayfs",
  16914839: "9p",
  26985: "nfs",
  801189825: "zfs",
  1702057286: "fuse",
};

export function readEnvironment(dataDirectory: string): Environment {
  const processors = cpus();
  return {
    cpuModel: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
    cgroup: readCgroupLimits(),
    kernel: `${type()} ${release()}`,
    architecture: arch(),
    container: existsSync("/.dockerenv") || existsSync("/run/.containerenv"),
    dataFileSystem: fileSystemName(dataDirectory),
    nodeVersion: process.version,
    ...harness,
  };
}

const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));
const harness = { harnessVersion: readHarnessVersion(), harnessCommit: readCommit() };

/** The nearest folder upwards that holds a package.json: sources and `dist` lie at different depths. */
function findPackageRoot(directory: string): string {
  const parent = dirname(directory);
  return existsSync(join(directory, "package.json")) || parent === directory
    ? directory
    : findPackageRoot(parent);
}

function readHarnessVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
    version: string;
  };
  return version;
}

function readCommit(): string | null {
  if (!existsSync(join(packageRoot, ".git"))) return null;
  try {
    const commit = git("rev-parse", "HEAD");
    return git("status", "--porcelain", "--untracked-files=no") === "" ? commit : `${commit}+`;
  } catch {
    return null;
  }
}

function git(...args: string[]): string {
  return execFileSync("git", args, {
    cwd: packageRoot,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
}

function fileSystemName(directory: string): string {
  const { type: magic } = statfsSync(directory);
  return FILE_SYSTEMS[magic] ?? `0x${magic.toString(16)}`;
}

/** Control groups version 2 (cgroup-v2, cpu.max and memory.max) of the root that this process sees. */
function readCgroupLimits(): Environment["cgroup"] {
  return {
    cpuCores: parseCpuMax(readText("/sys/fs/cgroup/cpu.max")),
    memoryBytes: parseLimit(readText("/sys/fs/cgroup/memory.max")),
  };
}

/** `max 100000` is no limit; `150000 100000` is one and a half cores. */
export function parseCpuMax(text: string | null): number | null {
  const [quota, period] = (text ?? "").trim().split(" ");
  return quota && period && quota !== "max" ? Number(quota) / Number(period) : null;
}

function parseLimit(text: string | null): number | null {
  const value = Number((text ?? "").trim() || "max");
  return Number.isFinite(value) ? value : null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
