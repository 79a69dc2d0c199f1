import type { ReportModel } from "./model.ts";

/**
 * After Okabe and Ito (2008), told apart with every common kind of colour blindness; darkened for white paper and
 * lightened for a dark page until each has at least 3:1 contrast with its background (WCAG 1.4.11).
 */
export const PALETTE = [
  { light: "#0072b2", dark: "#56b4e9" },
  { light: "#d55e00", dark: "#ff9142" },
  { light: "#008763", dark: "#2fc9a0" },
  { light: "#a8518a", dark: "#e39ac6" },
  { light: "#8a6a00", dark: "#f0d24a" },
  { light: "#4d4d4d", dark: "#c4c4c4" },
] as const;

/** Colour keys in order of first appearance, the index being the colour; beyond the last colour it starts again. */
export function colourIndexes(model: ReportModel): ReadonlyMap<string, number> {
  const indexes = new Map<string, number>();
  const see = (key: string | undefined): void => {
    if (key !== undefined && !indexes.has(key)) indexes.set(key, indexes.size % PALETTE.length);
  };
  for (const section of model.sections) {
    for (const { columns, groups } of section.tables) {
      for (const column of columns) see(column.colourKey);
      for (const { rows } of groups) for (const cell of rows.flat()) see(cell.colourKey);
    }
    for (const chart of section.charts) for (const series of chart.series) see(series.colourKey);
  }
  return indexes;
}

/** Custom properties --series-0 … of one theme. */
export function paletteCss(theme: "light" | "dark"): string {
  return PALETTE.map((colour, index) => `--series-${index}:${colour[theme]}`).join(";");
}
