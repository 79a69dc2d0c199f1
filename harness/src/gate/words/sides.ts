/** What was compared, and whether anything but the intended change differs. */
import type { GateEvidence, SideDescription, SideName } from "../evidence.ts";

/** `git:main: reference 0.1.0, commit 1a2b3c4d5e6f, durability os` */
export function sideText(side: SideDescription): string {
  const facts = [
    `${side.kind}${side.version === null ? "" : ` ${side.version}`}`,
    ...(side.commit === null ? [] : [`commit ${side.commit.slice(0, 12)}`]),
    `durability ${side.durability ?? "unknown"}`,
  ];
  return `${side.spec}: ${facts.join(", ")}`;
}

export function sidesOf({ job }: GateEvidence): readonly (readonly [SideName, SideDescription])[] {
  return Object.entries(job.sides) as [SideName, SideDescription][];
}

export interface SettingDifference {
  readonly setting: string;
  readonly baseline: string;
  readonly candidate: string;
}

const NOT_SET = "(not set)";

/** Effective settings that baseline and candidate do not share, by name. */
export function settingDifferences({ job }: GateEvidence): readonly SettingDifference[] {
  const baseline = job.sides.baseline?.configuration ?? {};
  const candidate = job.sides.candidate?.configuration ?? {};
  const names = [...new Set([...Object.keys(baseline), ...Object.keys(candidate)])].sort();
  return names
    .map((setting) => ({
      setting,
      baseline: baseline[setting] ?? NOT_SET,
      candidate: candidate[setting] ?? NOT_SET,
    }))
    .filter((difference) => difference.baseline !== difference.candidate);
}

/** Sentences on what makes the two sides more, or less, different than a reader expects. */
export function sideRemarks(evidence: GateEvidence): readonly string[] {
  const { baseline, candidate } = evidence.job.sides;
  if (baseline === undefined || candidate === undefined) return [];
  const same = baseline.contentHash !== null && baseline.contentHash === candidate.contentHash;
  const differences = settingDifferences(evidence);
  const durability = baseline.durability !== candidate.durability;
  return [
    ...(same && differences.length === 0
      ? [
          "Both sides are the same bytes with the same settings: any difference is noise or a bug of the gate.",
        ]
      : []),
    ...(durability
      ? [
          `The sides do not promise the same durability (${baseline.durability ?? "unknown"} and ${candidate.durability ?? "unknown"}): they do different work.`,
        ]
      : []),
    ...differences.map(
      (one) => `Setting ${one.setting}: baseline ${one.baseline}, candidate ${one.candidate}.`,
    ),
  ];
}
