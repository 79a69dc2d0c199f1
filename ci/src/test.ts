/**
 * Runs the tests that need no server installed: everything under test/ but clients, targets and faults, which have
 * scripts of their own. Arguments are passed to Node's test runner.
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
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

const runner = spawn(process.execPath, ["--test", ...process.argv.slice(2), ...files], {
  cwd: ROOT,
  stdio: "inherit",
});
runner.on("exit", (code) => process.exit(code ?? 1));
