/**
 * Runs the tests that need no server installed: everything under test/ but clients, targets and faults, which have
 * scripts of their own. Arguments are passed to Node's test runner.
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
import { enableCompileCache } from "node:module";
import os from "node:os";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "../..");
const OWN_SCRIPTS = /\/test\/(clients|targets|faults)\//;

const files = fs
  .globSync(
    ["ci", "harness", "reports", "reference-broker"].map((folder) => `${folder}/test/**/*.test.ts`),
    { cwd: ROOT },
  )
  .filter((file) => !OWN_SCRIPTS.test(file))
  .sort();

// Node's default is one file less than there are cores; but those that take long wait most of the time.
const concurrency = os.availableParallelism() + 1;
// Hundreds of processes load the same modules: kept compiled, as the command line and the broker keep theirs.
const compileCache = enableCompileCache().directory ?? "";

const runner = spawn(
  process.execPath,
  ["--test", `--test-concurrency=${concurrency}`, ...process.argv.slice(2), ...files],
  { cwd: ROOT, stdio: "inherit", env: { NODE_COMPILE_CACHE: compileCache, ...process.env } },
);
runner.on("exit", (code) => process.exit(code ?? 1));
