import type { ReportFact } from "../../../reports/src/model.ts";
import { clientOf } from "../compare/pairing.ts";
import { reasonsAgainst } from "../compare/usable.ts";
import type { ResultFile } from "../result/schema.ts";
import { list } from "./format.ts";
import { fieldText, fieldWords } from "./wording.ts";

/** The repetitions of one target at one sweep point. */
export interface RunSet {
  /** Target name, with version or durability class where the name alone would be ambiguous. */
  readonly target: string;
  readonly runs: readonly ResultFile[];
  /** Those that figures are taken from: those that `compare` would take, or without any of them whatever is not known to be damaged. */
  readonly used: readonly ResultFile[];
  readonly basis: "valid" | "not-valid" | "none";
}

/** One combination of parameters, client and mode. */
export interface SweepPoint {
  /** What sets it apart from the other points of its profile; empty for the only point. */
  readonly label: string;
  readonly sets: readonly RunSet[];
}

export interface ProfileGroup {
  readonly scenario: string;
  readonly profile: string;
  /** Parameters that all its points share. */
  readonly constants: readonly ReportFact[];
  readonly points: readonly SweepPoint[];
}

/** Results by scenario and profile, sweep point and target, in order of appearance. */
export function groupResults(results: readonly ResultFile[]): readonly ProfileGroup[] {
  const label = targetLabels(results);
  const profiles = groupBy(results, ({ summary }) => JSON.stringify([summary.scenario, summary.profile]));
  return profiles.map((ofProfile) => {
    const { scenario, profile } = ofProfile[0]!.summary;
    const points = groupBy(ofProfile, (result) => JSON.stringify([...dimensions(result)].sort()));
    const varying = varyingDimensions(points.map((runs) => dimensions(runs[0]!)));
    return {
      scenario,
      profile,
      constants: [
        ["protocol", list([...new Set(ofProfile.map(({ summary }) => summary.protocol))])],
        ...constantsOf(ofProfile[0]!, varying),
      ],
      points: points.map((ofPoint) => ({
        label: varying
          .map((name) => `${fieldWords(name)} ${fieldText(name, dimensions(ofPoint[0]!).get(name))}`)
          .join(", "),
        sets: groupBy(ofPoint, label).map((runs) => runSet(label(runs[0]!), runs)),
      })),
    };
  });
}

function runSet(target: string, runs: readonly ResultFile[]): RunSet {
  const intact = runs.filter(({ summary }) => summary.integrity.verdict !== "invalid");
  const valid = intact.filter(({ summary }) => reasonsAgainst(summary).length === 0);
  if (valid.length > 0) return { target, runs, used: valid, basis: "valid" };
  return { target, runs, used: intact, basis: intact.length > 0 ? "not-valid" : "none" };
}

/** Names targets as shortly as their differences in version, durability class and protocol allow. */
export function targetLabels(results: readonly ResultFile[]): (result: ResultFile) => string {
  const versions = new Map<string, Set<string>>();
  const classes = new Map<string, Set<string>>();
  const protocols = new Map<string, Set<string>>();
  const note = (map: Map<string, Set<string>>, key: string, value: string): void => {
    map.set(key, (map.get(key) ?? new Set()).add(value));
  };
  for (const { summary } of results) {
    note(versions, summary.target.name, summary.target.version);
    note(classes, summary.target.name, summary.target.durability ?? "unknown");
    note(protocols, summary.target.name, summary.protocol);
  }
  return ({ summary: { target, protocol } }) => {
    const version = versions.get(target.name)!.size > 1 ? ` ${target.version}` : "";
    const durability = classes.get(target.name)!.size > 1 ? ` (${target.durability ?? "unknown"})` : "";
    const over = protocols.get(target.name)!.size > 1 ? ` over ${protocol}` : "";
    return target.name + version + durability + over;
  };
}

function dimensions({ summary }: ResultFile): ReadonlyMap<string, unknown> {
  return new Map(Object.entries({ client: clientOf(summary), mode: summary.mode, ...summary.parameters }));
}

function varyingDimensions(points: readonly ReadonlyMap<string, unknown>[]): readonly string[] {
  const names = new Set(points.flatMap((point) => [...point.keys()]));
  return [...names].filter(
    (name) => new Set(points.map((point) => JSON.stringify(point.get(name)))).size > 1,
  );
}

function constantsOf(result: ResultFile, varying: readonly string[]): readonly ReportFact[] {
  return [...dimensions(result)]
    .filter(([name]) => !varying.includes(name))
    .map(([name, value]) => [fieldWords(name), fieldText(name, value)]);
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): readonly (readonly T[])[] {
  return [...Map.groupBy(items, key).values()];
}
