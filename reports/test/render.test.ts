import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { readChartLibrary } from "../src/chart-library.ts";
import type { ChartConfig } from "../src/charts.ts";
import type { ReportModel } from "../src/model.ts";
import { renderReport } from "../src/render.ts";
import { SMALL_MODEL } from "./small-model.ts";

const STAND_IN = "/* chart.js stands here */";

test("the page of a small model is the golden one", () => {
  const golden = new URL("./golden/small.html.txt", import.meta.url);
  const page = renderReport(SMALL_MODEL, STAND_IN);
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden, page);
  assert.equal(page, readFileSync(golden, "utf8"), "run again with UPDATE_GOLDEN=1 if the change is meant");
});

test("no text of the model becomes markup", () => {
  const hostile = `<script>alert("1")</script></script><!--<img src=x onerror='alert(2)'>&amp;`;
  const page = renderReport(withEveryText(SMALL_MODEL, hostile), STAND_IN);
  assert.equal(page.match(/<script/gi)?.length, 3);
  assert.equal(page.match(/<\/script/gi)?.length, 3);
  assert.doesNotMatch(page, /<img|<!--/);
  assert.doesNotMatch(page.replace(/<script[\s\S]*?<\/script>/g, ""), /="[^"]*'alert/);
  assert.ok(page.includes("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"));
});

test("the page loads nothing: no address but the two in chart.js's comments, and a policy that forbids any", () => {
  const library = readChartLibrary();
  const page = renderReport(SMALL_MODEL, library);
  const own = page.replace(library, "");
  assert.ok(own.length < page.length - 100_000, "chart.js is in the page");
  assert.doesNotMatch(own, /https?:|\bsrc=|url\(|@import|<link|<iframe|sourceMappingURL/i);
  for (const [, target] of own.matchAll(/href="([^"]*)"/g)) assert.match(target!, /^#/);
  assert.doesNotMatch(library, /<\/script|sourceMappingURL/);
  assert.match(page, /http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;;/);
});

test("the policy allows the page's own scripts and style, by their hashes, and no others", () => {
  const page = renderReport(SMALL_MODEL, readChartLibrary());
  const policy = /content="(default-src[^"]*)"/.exec(page)![1]!.replaceAll("&#39;", "'");
  const allowed = [...policy.matchAll(/'sha256-([^']+)'/g)].map(([, hash]) => hash);
  const inline = [...page.matchAll(/<(?:script|style)>([\s\S]*?)<\/(?:script|style)>/g)].map(([, text]) =>
    createHash("sha256").update(text!).digest("base64"),
  );
  assert.equal(inline.length, 3);
  assert.deepEqual(allowed.sort(), inline.sort());
  assert.doesNotMatch(policy, /unsafe/);
});

test("the charts' data are the model's figures, and so are the tables beneath them", () => {
  const page = renderReport(SMALL_MODEL, STAND_IN);
  const json = /<script type="application\/json" id="report-data">(.*?)<\/script>/.exec(page)![1]!;
  const { charts } = JSON.parse(json) as { charts: ChartConfig[] };
  const [bar, percentile, line] = charts.map(({ data }) => data.datasets);
  assert.deepEqual(
    bar!.map(({ label, data, ranges }) => [label, data, ranges]),
    [
      ["a", [200, null], [[0, 190, 210]]],
      ["b", [100, 150], []],
    ],
  );
  const points = percentile![0]!.data as { x: number; y: number }[];
  assert.deepEqual(
    points.map(({ x, y }) => [Number((100 - 100 * 10 ** -x).toFixed(9)), y]),
    SMALL_MODEL.sections[0]!.charts[1]!.series[0]!.points,
  );
  assert.deepEqual(
    line!.map(({ data, faint, colour }) => [data, faint, colour]),
    [
      [[{ x: 0.5, y: 199 }], true, 0],
      [[{ x: 0.5, y: 201 }], false, 0],
    ],
  );
  assert.match(page, /<th scope="row" class="left">99\.9<\/th><td class="right">12\.25<\/td>/);
  assert.match(page, /<td class="right">200<small>190 to 210<\/small><\/td><td class="right">100<\/td>/);
});

test("every table has a caption and scoped headings, every chart a text alternative", () => {
  const page = renderReport(SMALL_MODEL, STAND_IN);
  const tables = page.match(/<table>[\s\S]*?<\/table>/g)!;
  assert.equal(tables.length, 2 + 3);
  for (const table of tables) {
    assert.match(table, /<caption>/);
    assert.match(table, /<th scope="col"/);
    assert.match(table, /<th scope="row"/);
  }
  const figures = page.match(/<figure>[\s\S]*?<\/figure>/g)!;
  assert.equal(figures.length, 3);
  for (const figure of figures) {
    assert.match(figure, /<canvas[^>]* role="img" aria-label="[^"]+"/);
    assert.match(figure, /<details>[\s\S]*<table>/);
  }
});

/** The same shape with one text everywhere, but for the words that are codes. */
function withEveryText(model: ReportModel, text: string): ReportModel {
  const codes = new Set(["tone", "align", "kind", "yScale", "collapsed", "faint"]);
  const replace = (value: unknown, key: string): unknown => {
    if (typeof value === "string") return codes.has(key) ? value : text;
    if (Array.isArray(value)) return value.map((item) => replace(item, key));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, replace(inner, name)]));
  };
  return replace(model, "") as ReportModel;
}
