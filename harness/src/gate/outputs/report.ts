/** The JSON report: all that was measured and what was made of it. `--replay` reads it back. */
import { z } from "zod";
import {
  endLine,
  evidenceLine,
  GATE_SCHEMA_VERSION,
  type GateEvidence,
  jobLine,
  roundLine,
} from "../evidence.ts";
import type { Judgement } from "../judgement.ts";
import { headline } from "../words/headline.ts";
import { judgementSchema } from "./judgement-schema.ts";

export const gateReport = z.object({
  schemaVersion: z.literal(GATE_SCHEMA_VERSION),
  headline: z.string().describe("The verdict in words, as the first line of the terminal has it."),
  judgement: judgementSchema,
  evidence: z.object({
    job: jobLine,
    rounds: z.array(roundLine),
    end: endLine.nullable().describe("null: the job was cut off"),
  }),
});

export interface GateReport {
  readonly schemaVersion: typeof GATE_SCHEMA_VERSION;
  readonly headline: string;
  readonly judgement: Judgement;
  readonly evidence: GateEvidence;
}

export function buildReport(evidence: GateEvidence, judgement: Judgement): GateReport {
  const schemaVersion = GATE_SCHEMA_VERSION;
  return { schemaVersion, headline: headline(evidence, judgement), judgement, evidence };
}

export function renderReportJson(evidence: GateEvidence, judgement: Judgement): string {
  return `${JSON.stringify(buildReport(evidence, judgement))}\n`;
}

/** JSON Schema of the report, for those who read it with other programs. */
export function gateReportJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(gateReport, { reused: "ref" }) as Record<string, unknown>;
}

/** JSON Schema of one line of an evidence file. */
export function gateEvidenceJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(evidenceLine, { reused: "ref" }) as Record<string, unknown>;
}
