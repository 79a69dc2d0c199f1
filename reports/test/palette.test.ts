import assert from "node:assert/strict";
import { test } from "node:test";
import { colourIndexes, PALETTE } from "../src/palette.ts";
import { SMALL_MODEL } from "./small-model.ts";

const BACKGROUNDS = { light: "#ffffff", dark: "#1b1f23" } as const;

test("every colour has at least 3:1 contrast with the panel it is drawn on", () => {
  for (const theme of ["light", "dark"] as const) {
    for (const colour of PALETTE) {
      const ratio = contrast(colour[theme], BACKGROUNDS[theme]);
      assert.ok(ratio >= 3, `${colour[theme]} on ${theme}: ${ratio.toFixed(2)}`);
    }
  }
});

test("a key keeps its colour in all tables and charts, and keys beyond the palette begin again", () => {
  assert.deepEqual(
    [...colourIndexes(SMALL_MODEL)],
    [
      ["a", 0],
      ["b", 1],
    ],
  );
  const series = Array.from({ length: PALETTE.length + 1 }, (_, index) => ({
    name: "n",
    colourKey: `key ${index}`,
    points: [],
  }));
  const [section] = SMALL_MODEL.sections;
  const charts = [{ ...section!.charts[0]!, series }];
  const many = colourIndexes({ ...SMALL_MODEL, sections: [{ ...section!, tables: [], charts }] });
  assert.equal(many.get(`key ${PALETTE.length}`), 0);
});

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high! + 0.05) / (low! + 0.05);
}

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
