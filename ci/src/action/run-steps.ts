/** Runs the shell of an action's steps as a runner does: one bash after the other, values through files and the environment. */
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { ActionFile, ActionStep } from "./action-file.ts";
import { type Contexts, isTrue, substitute } from "./expression.ts";

export interface StepOutcome {
  readonly name: string;
  /** null: not run, because it `uses` another action or its condition does not hold. */
  readonly code: number | null;
  readonly seconds: number;
}

export interface ActionOutcome {
  readonly steps: readonly StepOutcome[];
  readonly outputs: Readonly<Record<string, string>>;
  /** What the steps wrote for the job's page. */
  readonly summary: string;
}

export interface ActionRun {
  readonly action: ActionFile;
  /** The checkout that the steps run in; the action is its folder `ci`. */
  readonly workspace: string;
  /** An empty directory for the runner's own files. */
  readonly temporary: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly github: Readonly<Record<string, string>>;
  readonly environment: NodeJS.ProcessEnv;
}

/** A failing step ends it, but for those whose condition has `always()`. */
export async function runSteps(run: ActionRun): Promise<ActionOutcome> {
  const { action, temporary } = run;
  const given = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? ""]);
  const contexts: Record<string, Readonly<Record<string, string>>> = {
    inputs: { ...Object.fromEntries(given), ...run.inputs },
    github: { action_path: path.join(run.workspace, "ci"), ...run.github },
    runner: { temp: temporary, os: "Linux" },
  };
  const summaryFile = path.join(temporary, "summary.md");
  fs.writeFileSync(summaryFile, "");
  const steps: StepOutcome[] = [];
  let failed = false;
  for (const [index, step] of action.runs.steps.entries()) {
    const name = step.name ?? step.id ?? String(index);
    const condition = step.if ?? "";
    const isDue =
      (!failed || condition.includes("always()")) && (condition === "" || isTrue(condition, contexts));
    if (step.run === undefined || !isDue) {
      steps.push({ name, code: null, seconds: 0 });
      continue;
    }
    const outputFile = path.join(temporary, `outputs-${index}`);
    fs.writeFileSync(outputFile, "");
    const began = performance.now();
    const files = { GITHUB_OUTPUT: outputFile, GITHUB_STEP_SUMMARY: summaryFile };
    const code = await runShell(step, run, { ...files, ...environmentOf(step, contexts) });
    steps.push({ name, code, seconds: (performance.now() - began) / 1000 });
    if (code !== 0) failed = true;
    if (step.id !== undefined) contexts[`steps.${step.id}.outputs`] = readOutputs(outputFile);
  }
  const outputs = Object.entries(action.outputs).map(([name, { value }]) => [
    name,
    substitute(value, contexts),
  ]);
  return { steps, outputs: Object.fromEntries(outputs), summary: fs.readFileSync(summaryFile, "utf8") };
}

function environmentOf({ env = {} }: ActionStep, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, substitute(String(value), contexts)]),
  );
}

/** With the options that GitHub gives to `shell: bash`. */
function runShell(step: ActionStep, run: ActionRun, env: Record<string, string>): Promise<number> {
  const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", step.run!], {
    cwd: run.workspace,
    env: { ...run.environment, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

/** `name=value` lines. */
function readOutputs(file: string): Record<string, string> {
  const lines = fs.readFileSync(file, "utf8").split("\n").filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}
