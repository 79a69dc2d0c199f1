import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { parseAction } from "../../src/action/action-file.ts";
import { namesIn, referencesIn } from "../../src/action/expression.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const read = (file: string) => fs.readFileSync(path.join(ROOT, file), "utf8");
const action = parseAction(read("ci/action.yml"));
const { steps } = action.runs;

/** All that a step refers to by expressions. */
function referencesOf(step: (typeof steps)[number]): string[] {
  const values = [...Object.values(step.env ?? {}), ...Object.values(step.with ?? {})].map(String);
  return [...values.flatMap(referencesIn), ...namesIn(step.if ?? "")];
}

test("inputs are described, have a default, and each is used", () => {
  const used = new Set(steps.flatMap(referencesOf));
  const names = Object.keys(action.inputs);
  assert.ok(names.length > 0);
  for (const name of names) {
    const { description = "", default: fallback } = action.inputs[name]!;
    assert.ok(description.length > 20, `${name} is described`);
    assert.equal(typeof fallback, "string", `${name} has a default`);
    assert.ok(used.has(`inputs.${name}`), `${name} is used`);
  }
});

test("what steps and outputs refer to exists, written by an earlier step", () => {
  const written = new Map<string, number>();
  for (const [index, { id, run = "" }] of steps.entries()) {
    if (id === undefined) continue;
    for (const [, name] of run.matchAll(/echo "([\w-]+)=/g))
      written.set(`steps.${id}.outputs.${name}`, index);
  }
  const check = (reference: string, at: number) => {
    const [context, name] = reference.split(".") as [string, string];
    if (context === "inputs") assert.ok(Object.hasOwn(action.inputs, name), reference);
    else if (context === "steps") assert.ok((written.get(reference) ?? Infinity) < at, reference);
    else assert.ok(context === "github" || context === "runner", reference);
  };
  for (const [index, step] of steps.entries()) {
    for (const reference of referencesOf(step)) check(reference, index);
  }
  for (const { description = "", value } of Object.values(action.outputs)) {
    assert.ok(description.length > 0);
    for (const reference of referencesIn(value)) check(reference, steps.length);
  }
});

test("shell is bash and takes values from the environment alone: no expression can become code", () => {
  const shells = steps.filter(({ run }) => run !== undefined);
  assert.ok(shells.length >= 4);
  for (const { name, run, shell } of shells) {
    assert.equal(shell, "bash", name);
    assert.deepEqual(referencesIn(run!), [], name);
  }
});

test("a variable of a step's shell is one of its own, GitHub's, or assigned there", () => {
  for (const { name, run, env = {} } of steps) {
    if (run === undefined) continue;
    for (const [, variable] of run.matchAll(/\$\{?([A-Z][A-Z_]+)\b/g)) {
      assert.ok(variable!.startsWith("GITHUB_") || Object.hasOwn(env, variable!), `${name}: ${variable}`);
    }
    for (const variable of Object.keys(env)) assert.match(run, new RegExp(`\\$\\{?${variable}\\b`), name);
  }
});

test("workflows give the action only inputs that it has, and check out with history", () => {
  const workflows = fs.readdirSync(path.join(ROOT, ".github/workflows"));
  let uses = 0;
  for (const file of workflows) {
    const { jobs } = parse(read(`.github/workflows/${file}`)) as {
      jobs: Record<string, { steps: { uses?: string; with?: Record<string, unknown> }[] }>;
    };
    for (const { steps: workflowSteps } of Object.values(jobs)) {
      const own = workflowSteps.find((step) => step.uses === "./ci");
      if (own === undefined) continue;
      uses++;
      for (const name of Object.keys(own.with ?? {})) assert.ok(Object.hasOwn(action.inputs, name), name);
      const checkout = workflowSteps.find((step) => step.uses?.startsWith("actions/checkout@"));
      assert.equal(checkout?.with?.["fetch-depth"], 0, file);
    }
  }
  assert.ok(uses > 0, "a workflow of this repository uses the action");
});

test("the comment's workflow runs with rights, and no code of the pull request", () => {
  const text = read(".github/workflows/gate-comment.yml");
  const { jobs } = parse(text) as { jobs: { comment: { steps: { uses?: string; run?: string }[] } } };
  for (const step of jobs.comment.steps) {
    assert.doesNotMatch(step.uses ?? "", /checkout/);
    assert.deepEqual(referencesIn(step.run ?? ""), []);
  }
  // The marker is how a comment is found again: both sides must write it alike.
  const marker = /MARKER: "(.*)"/.exec(text)?.[1];
  assert.ok(marker !== undefined);
  assert.ok(read("harness/src/gate/outputs/comment.ts").includes(marker));
});

test("every flag that the action and the GitLab example give to the gate is one of its flags", () => {
  const flags = new Set(
    [
      ...read("harness/src/commands/gate.ts").matchAll(/^ {4}"?([\w-]+)"?: Flags\./gm),
      ...read("harness/src/gate/outputs/index.ts").matchAll(/flag: "([\w-]+)"/g),
    ].map(([, name]) => name),
  );
  const gateCalls = [
    ...steps.map(({ run = "" }) => run),
    ...parse(read("ci/examples/gitlab-ci.yml"))["brokermark-gate"].script,
  ].filter((text: string) => text.includes(" gate "));
  assert.equal(gateCalls.length, 2);
  for (const call of gateCalls) {
    const given = [...call.matchAll(/ --([\w-]+)/g)].map(([, name]) => name);
    assert.ok(given.length > 5);
    for (const name of given) assert.ok(flags.has(name), `--${name}`);
  }
});
