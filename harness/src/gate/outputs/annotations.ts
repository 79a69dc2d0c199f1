/** GitHub workflow commands: what stands beside the job and the changed files. */
import type { GateEvidence } from "../evidence.ts";
import type { Judgement, MetricJudgement, MetricVerdict } from "../judgement.ts";
import { some } from "../words/figures.ts";
import { headline } from "../words/headline.ts";
import { metricTitle, verdictLine } from "../words/metric.ts";

/** GitHub shows ten of each kind for a step and drops the others without a word. */
const SHOWN_OF_A_KIND = 10;

type Kind = "error" | "warning" | "notice";

interface Annotation {
  readonly kind: Kind;
  readonly title: string;
  readonly message: string;
}

/** One for a scenario at most, of its worst finding; one for the job where no scenario tells its verdict. None for a clean pass. */
export function renderAnnotations(evidence: GateEvidence, judgement: Judgement): string {
  const annotations = evidence.job.scenarios
    .map(({ name }) => scenarioAnnotation(name, judgement))
    .filter((annotation) => annotation !== null);
  const told = annotations.some(({ kind }) => kind === KINDS[judgement.verdict]);
  const all = told ? annotations : [...jobAnnotation(evidence, judgement), ...annotations];
  return bounded(all).map(renderAnnotation).join("");
}

const KINDS: Readonly<Record<Judgement["verdict"], Kind | null>> = {
  ...{ integrity: "error", regress: "error", inconclusive: "warning", improved: "notice", pass: null },
};

function jobAnnotation(evidence: GateEvidence, judgement: Judgement): readonly Annotation[] {
  const kind = judgement.reason === "side-failed" ? "error" : KINDS[judgement.verdict];
  return kind === null ? [] : [{ kind, title: "brokermark gate", message: headline(evidence, judgement) }];
}

/** Worst first. */
const TELLING: readonly (readonly [MetricVerdict, Kind])[] = [
  ["regress", "error"],
  ["inconclusive", "warning"],
  ["pass-slower", "notice"],
  ["improved", "notice"],
];

/** A regression in a job that is void is not told as one. */
function scenarioAnnotation(scenario: string, judgement: Judgement): Annotation | null {
  const { metrics, integrity } = judgement;
  const findings = integrity.filter((finding) => finding.scenario === scenario);
  const title = `brokermark gate: ${scenario}`;
  if (findings.length > 0) {
    const words = findings.map(({ round, side, what }) => `round ${round}, ${side}: ${what}`);
    return { kind: "error", title, message: `integrity: ${some(words, 3)}` };
  }
  const gating = metrics.filter((metric) => metric.scenario === scenario && metric.role === "gating");
  for (const [verdict, kind] of TELLING) {
    if (verdict === "regress" && judgement.verdict !== "regress") continue;
    const of = gating.filter((metric) => metric.verdict === verdict);
    if (of.length > 0) return { kind, title, message: of.map(lineOf).join("\n") };
  }
  return null;
}

const lineOf = (metric: MetricJudgement) => `${metricTitle(metric)}: ${verdictLine(metric)}`;

/** The last one of a kind that has room says how many have none. */
function bounded(annotations: readonly Annotation[]): readonly Annotation[] {
  return [...Map.groupBy(annotations, ({ kind }) => kind)].flatMap(([kind, of]) => {
    if (of.length <= SHOWN_OF_A_KIND) return of;
    const kept = of.slice(0, SHOWN_OF_A_KIND - 1);
    const names = of.slice(kept.length).map(({ title }) => title.replace("brokermark gate: ", ""));
    return [...kept, { kind, title: "brokermark gate", message: `also: ${some(names, 50)}` }];
  });
}

function renderAnnotation({ kind, title, message }: Annotation): string {
  return `::${kind} title=${escapeProperty(title)}::${escapeData(message)}\n`;
}

/** As the runner reads a command's message. */
function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** In a property, colon and comma separate as well. */
function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
