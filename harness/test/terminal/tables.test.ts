import assert from "node:assert/strict";
import { test } from "node:test";
import { compareRuns } from "../../src/compare/comparison.ts";
import { ratioToReference } from "../../src/compare/ratio-to-reference.ts";
import type { RunSummary } from "../../src/result/schema.ts";
import { renderCompareTable } from "../../src/terminal/compare-table.ts";
import { renderRunTable } from "../../src/terminal/run-table.ts";
import { renderTable, wrap } from "../../src/terminal/table.ts";
import { runSummary } from "../compare/run-fixture.ts";
import { assertGolden } from "../golden.ts";

const golden = (name: string) => new URL(`golden/${name}`, import.meta.url);

/** Seven repetitions of two loads on two targets, one with another class; runs that may not be counted; open loop. */
function session(): RunSummary[] {
  const limited = { verdict: "harness-limited" as const, reasons: ["a publisher used 92 % of a core"] };
  const drift = [1, 0.93, 1.1, 0.97, 1.02, 1.05, 0.99];
  const closed = drift.flatMap((factor, index) =>
    (["os", "fsync"] as const).flatMap((durability) => {
      const acks = durability === "os" ? 1 : "all";
      const parameters = { producers: 4, batchBytes: 16384, codec: "lz4", acks, ratePerSecond: null };
      const at = { repetition: index + 1, parameters };
      const spoilt = index === 1 && acks === 1 ? { validity: limited } : {};
      const other = { name: "kafka", version: "4.3.1", durability };
      return [
        runSummary({ ...at, messagesPerSecond: 3_123_456 * factor }),
        runSummary({
          ...at,
          ...spoilt,
          messagesPerSecond: 1_511_111 * factor ** 2,
          cpu: 0.912,
          target: other,
        }),
      ];
    }),
  );
  const lossy = { verdict: "invalid" as const, lost: 12 };
  return [
    ...closed,
    runSummary({ profile: "paced", responseP99: 4200, messagesPerSecond: 99_950 }),
    runSummary({
      profile: "paced",
      responseP99: 9100,
      messagesPerSecond: null,
      target: { name: "kafka", version: "4.3.1" },
      integrity: lossy,
    }),
  ];
}

test("run table", () =>
  assertGolden(renderRunTable(ratioToReference(session())), golden("run-table.stdout")));

test("compare table", () => {
  const notes = ["decompresses and validates every compressed batch, which the reference does not"];
  const runs = session().map((run) => ({
    run,
    notes: run.target.name === "kafka" ? notes : [],
    source: `results/${run.profile}-${run.target.name}-${run.repetition}.json`,
  }));
  assertGolden(renderCompareTable(compareRuns(runs)), golden("compare-table.stdout"));
});

test("nothing is said to be nothing", () => {
  assert.equal(renderRunTable([]), "no runs");
  assert.equal(renderCompareTable([]), "nothing to compare");
});

test("figures are right-aligned, words left, and no line ends in spaces", () => {
  const columns = [
    { heading: "name", align: "left" },
    { heading: "rate", align: "right" },
    { heading: "note", align: "left" },
  ] as const;
  assert.equal(
    renderTable(columns, [
      ["a", "3.10 M/s", ""],
      ["longer", "-", "x"],
    ]),
    ["name        rate  note", "------  --------  ----", "a       3.10 M/s", "longer         -  x"].join(
      "\n",
    ),
  );
});

test("words are wrapped and indented", () => {
  assert.equal(wrap("one two three four", 10, 2), "  one two\n  three\n  four");
  assert.equal(wrap("unbreakable-word", 5), "unbreakable-word");
});
