import assert from "node:assert/strict";
import { test } from "node:test";
import { metricNames } from "../../src/compare/metrics.ts";
import { ALL_FIGURES, FIGURES, type FigureSpec } from "../../src/result/figures/index.ts";
import { STAGED_WORKLOADS } from "../../src/scenario/workloads.ts";
import { runSummary } from "../compare/run-fixture.ts";

test("every staged workload has figures, and those that share a name mean the same", () => {
  assert.deepEqual(Object.keys(FIGURES).sort(), Object.keys(STAGED_WORKLOADS).sort());
  const all: Readonly<Record<string, FigureSpec>> = ALL_FIGURES;
  for (const [workload, figures] of Object.entries(FIGURES)) {
    for (const [name, spec] of Object.entries(figures)) {
      assert.deepEqual(all[name], spec, `${name} of ${workload}`);
    }
  }
});

test("only runs that have figures are compared by them, in the order of their table", () => {
  const steady = runSummary();
  const figures = { rssPeak: { value: 1, note: null }, latenessP99: { value: null, note: "why" } };
  const common = metricNames([steady]);
  assert.deepEqual(metricNames([steady, { ...steady, figures }]), [...common, "latenessP99", "rssPeak"]);
});
