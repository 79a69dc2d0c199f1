import { readChartLibrary } from "../../../../reports/src/chart-library.ts";
import { renderReport } from "../../../../reports/src/render.ts";
import { buildGateReport } from "../../report/gate/build.ts";
import type { GateEvidence } from "../evidence.ts";
import type { Judgement } from "../judgement.ts";

/** One page that needs nothing else. */
export function renderHtml(evidence: GateEvidence, judgement: Judgement): string {
  return renderReport(buildGateReport(evidence, judgement), readChartLibrary());
}
