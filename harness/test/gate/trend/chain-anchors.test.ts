import assert from "node:assert/strict";
import { test } from "node:test";
import { chainAnchors } from "../../../src/gate/trend/chain-anchors.ts";
import { findTrend } from "../../../src/gate/trend/trend.ts";
import { ANCHOR, commit, noise, point, pointsOf } from "./points.ts";

const NEW_ANCHOR = "b".repeat(40);
const near = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < 1e-12, `${value} is not ${expected}`);

test("ratios to a former anchor become ratios to the newest, with the error of the link", () => {
  const { anchor, points, unlinked } = chainAnchors([
    point({ commit: commit(1), logRatio: 0.1, standardError: 0.03 }),
    point({ commit: NEW_ANCHOR, anchor: ANCHOR, logRatio: 0.04, standardError: 0.04 }),
    point({ commit: commit(2), anchor: NEW_ANCHOR, logRatio: 0.06, standardError: 0.03 }),
  ]);
  assert.equal(anchor, NEW_ANCHOR);
  assert.deepEqual(unlinked, []);
  near(points[0]!.value, 0.06);
  near(points[0]!.standardError!, 0.05);
  near(points[1]!.value, 0);
  near(points[2]!.value, 0.06);
  near(points[2]!.standardError!, 0.03);
});

test("a link counts in both directions and over several anchors; of two the surer one", () => {
  const [b, c] = [NEW_ANCHOR, "c".repeat(40)];
  const { points } = chainAnchors([
    point({ commit: commit(1), anchor: ANCHOR, logRatio: 0 }),
    point({ commit: ANCHOR, anchor: b, logRatio: 0.2, standardError: 0.02 }),
    point({ commit: ANCHOR, anchor: b, logRatio: 0.9, standardError: 0.5 }),
    point({ commit: c, anchor: b, logRatio: 0.05, standardError: 0.02 }),
    point({ commit: commit(2), anchor: c, logRatio: 0 }),
  ]);
  // commit 1 = A; A = b + 0.2; c = b + 0.05: A is 0.15 worse than c.
  near(points[0]!.value, 0.15);
});

test("points against an anchor without a link are left out by name", () => {
  const chained = chainAnchors([point({ logRatio: 0.1 }), point({ anchor: NEW_ANCHOR, logRatio: 0.2 })]);
  assert.deepEqual(chained.unlinked, [ANCHOR]);
  assert.equal(chained.points.length, 1);
});

test("a change of the anchor alone is no change of the series", () => {
  const values = noise(30, 0.004, "anchors");
  const before = pointsOf(values.slice(0, 15));
  const link = point({
    commit: NEW_ANCHOR,
    anchor: ANCHOR,
    logRatio: 0.08,
    job: "link",
    standardError: 0.002,
  });
  const after = pointsOf(values.slice(15).map((value) => value - 0.08)).map((one, index) => ({
    ...{ ...one, anchor: NEW_ANCHOR, commit: commit(100 + index), job: `after-${index}` },
  }));
  // The link is the new anchor's own point: 0 against itself, where commits stand near -0.08.
  const [series] = findTrend([...before, link, ...after]);
  assert.deepEqual(series!.changes, []);
  assert.equal(series!.points.length, 31);
});
