import assert from "node:assert/strict";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import { chartConfig } from "../src/charts.ts";
import { PALETTE } from "../src/palette.ts";
import { BOOT_SCRIPT } from "../src/template/boot.ts";
import { SMALL_MODEL } from "./small-model.ts";

// biome-ignore lint/suspicious/noExplicitAny: what Chart.js is given is checked field by field
type Drawn = any;

/** Runs the page's script as a browser would, but for the drawing itself. */
function boot(dark: boolean) {
  const charts = SMALL_MODEL.sections[0]!.charts.map((chart) => chartConfig(chart, new Map([["b", 1]])));
  const drawn: Drawn[] = [];
  const listeners = new Map<string, () => void>();
  class Chart {
    static defaults = { font: {} };
    constructor(_canvas: unknown, config: Drawn) {
      drawn.push(config);
    }
    destroy() {}
    resize() {}
  }
  const document = {
    body: {},
    getElementById: () => ({ textContent: JSON.stringify({ charts, palette: PALETTE }) }),
    querySelectorAll: () => charts.map((_, index) => ({ dataset: { chart: String(index) } })),
  };
  const window = {
    matchMedia: () => ({ matches: dark, addEventListener: () => {} }),
    addEventListener: (name: string, listener: () => void) => listeners.set(name, listener),
  };
  runInContext(
    BOOT_SCRIPT,
    createContext({ Chart, document, window, getComputedStyle: () => ({ fontFamily: "f" }) }),
  );
  return { drawn, listeners };
}

/** Arrays of the script's own realm are of another class than ours. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("every chart of the page is drawn with the model's figures", () => {
  const { drawn } = boot(false);
  assert.deepEqual(
    drawn.map(({ type }) => type),
    ["bar", "line", "line"],
  );
  assert.deepEqual(plain(drawn[0].data.labels), ["acks all", "acks 0"]);
  assert.deepEqual(plain(drawn[0].data.datasets[1].data), [100, 150]);
  assert.equal(drawn[1].options.scales.y.type, "logarithmic");
});

test("the percentile axis is labelled with percentiles, up to the last point", () => {
  const { x } = boot(false).drawn[1].options.scales;
  const axis: { ticks: { value: number }[] } = { ticks: [] };
  x.afterBuildTicks(axis);
  const labels = axis.ticks.map(({ value }, index) => x.ticks.callback(value, index));
  assert.deepEqual(plain(labels), ["50", "90", "99", "99.9"]);
});

test("each theme has its colours, and paper has the light ones", () => {
  const { drawn, listeners } = boot(true);
  assert.equal(drawn[0].data.datasets[1].backgroundColor, PALETTE[1].dark);
  listeners.get("beforeprint")!();
  assert.equal(drawn.at(-3).data.datasets[1].backgroundColor, PALETTE[1].light);
});

test("thin lines stay out of the legend", () => {
  const { drawn } = boot(false);
  const { filter } = drawn[2].options.plugins.legend.labels;
  const shown = drawn[2].data.datasets.map((_: unknown, datasetIndex: number) =>
    filter({ datasetIndex }, drawn[2].data),
  );
  assert.deepEqual(plain(shown), [false, true]);
});
