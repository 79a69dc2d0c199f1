import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { readChartLibrary } from "../../../reports/src/chart-library.ts";
import type { ReportModel } from "../../../reports/src/model.ts";
import { renderReport } from "../../../reports/src/render.ts";
import type { ResultFile } from "../result/schema.ts";
import { buildReportModel } from "./build.ts";

/**
 * Writes the results as one HTML page and returns what it shows.
 * @param command shown in the page's head; the first result's own by default
 */
export async function writeHtmlReport(
  results: readonly ResultFile[],
  path: string,
  command = results[0]?.command ?? "",
): Promise<ReportModel> {
  const model = buildReportModel(results, command);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, renderReport(model, readChartLibrary()));
  return model;
}
