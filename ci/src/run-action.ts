/**
 * Runs the composite action's own shell in a clean checkout of HEAD, as a pushed commit would, and checks what it leaves. A
 * regression or an inconclusive gate is a verdict, not a failure of the action. Arguments: inputs as NAME=VALUE.
 */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseAction } from "./action/action-file.ts";
import { type ActionOutcome, runSteps } from "./action/run-steps.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
/** What a gate's exit code may be for a commit that is fine, that is slower, or that nothing can be told of. */
const VERDICTS = ["0", "1", "3"];
const LEFT_BEHIND = ["gate.json", "gate.html", "gate.xml", "comment.md", "conform.xml"];
/** The shortest gate there is, on whatever machine: what it says is not asked here. */
const DEFAULT_INPUTS = {
  "max-time": "30s",
  conform: "--target reference --case A-EXCH-12",
  arguments: "--no-preflight",
};

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "brokermark-action-"));
try {
  process.exitCode = (await check()) ? 0 : 1;
} finally {
  fs.rmSync(temporary, { recursive: true, force: true });
}

async function check(): Promise<boolean> {
  const workspace = path.join(temporary, "checkout");
  git(ROOT, "clone", "--quiet", "--no-local", `file://${ROOT}`, workspace);
  if (!hasParent(workspace)) {
    console.log(
      "HEAD has no parent in this checkout: there is nothing to gate it against, the action is not run",
    );
    return true;
  }
  const given = process.argv.slice(2).map((text) => {
    const equals = text.indexOf("=");
    return [text.slice(0, equals), text.slice(equals + 1)];
  });
  const runner = path.join(temporary, "runner");
  fs.mkdirSync(runner);
  const outcome = await runSteps({
    action: parseAction(fs.readFileSync(path.join(workspace, "ci/action.yml"), "utf8")),
    ...{ workspace, temporary: runner },
    inputs: { ...DEFAULT_INPUTS, ...Object.fromEntries(given) },
    github: { base_ref: "", sha: git(workspace, "rev-parse", "HEAD"), run_attempt: "1" },
    environment: runnerEnvironment(workspace),
  });
  for (const { name, code, seconds } of outcome.steps) {
    console.log(code === null ? `${name}: not run` : `${name}: exit ${code} after ${Math.round(seconds)} s`);
  }
  const problems = problemsOf(outcome);
  for (const problem of problems) console.error(problem);
  return problems.length === 0;
}

/** Node as actions/setup-node provides it, which is not run here: that of the checkout itself. */
function runnerEnvironment(workspace: string): NodeJS.ProcessEnv {
  const { PATH = "" } = process.env;
  return {
    ...process.env,
    PATH: `${path.join(workspace, "node_modules/.bin")}:${path.dirname(process.execPath)}:${PATH}`,
  };
}

function problemsOf({ steps, outputs, summary }: ActionOutcome): string[] {
  const problems: string[] = [];
  const gateCode = outputs["exit-code"] ?? "";
  if (!VERDICTS.includes(gateCode)) problems.push(`the gate ended with ${gateCode}`);
  for (const { name, code } of steps) {
    const expected = name === "Verdict" && gateCode === "1" ? 1 : 0;
    if (code !== null && code !== expected) problems.push(`step ${name} ended with ${code}, not ${expected}`);
  }
  const directory = outputs.directory ?? "";
  const evidence = fs.globSync("*.gate.jsonl", { cwd: directory });
  if (evidence.length !== 1) problems.push(`${evidence.length} files of evidence`);
  for (const file of LEFT_BEHIND) {
    const size = fs.statSync(path.join(directory, file), { throwIfNoEntry: false })?.size ?? 0;
    if (size === 0) problems.push(`${file} is missing or empty`);
  }
  if (summary.trim() === "") problems.push("nothing was written for the job's page");
  return problems;
}

function hasParent(workspace: string): boolean {
  try {
    git(workspace, "rev-parse", "--verify", "--quiet", "HEAD^1");
    return true;
  } catch {
    return false;
  }
}

function git(directory: string, ...args: string[]): string {
  return execFileSync("git", args, { cwd: directory, encoding: "utf8" }).trim();
}
