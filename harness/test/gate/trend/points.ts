import type { TrendPoint } from "../../../src/gate/trend/point.ts";
import { seededUniform } from "../../../src/gate/statistics/seeded-generator.ts";

export const ANCHOR = "a".repeat(40);

/** A commit's 40 digits. */
export function commit(number: number): string {
  return number.toString(16).padStart(40, "0");
}

export function point(overrides: Partial<TrendPoint>): TrendPoint {
  return {
    ...{ schemaVersion: 1, job: "0".repeat(32), attempt: 1, measuredAt: "2026-11-21T10:00:00.000Z" },
    ...{ commit: commit(1), anchor: ANCHOR, machineClass: "linux-x64-2", cpuModel: "some" },
    ...{ scenario: "megabatch", metric: "cpuPerMessage", logRatio: 0, standardError: 0.01, effects: [0] },
    ...overrides,
  };
}

/** One point for each value, of commits and days one after the other. */
export function pointsOf(values: readonly number[], overrides: Partial<TrendPoint> = {}): TrendPoint[] {
  return values.map((logRatio, index) =>
    point({
      ...{ logRatio, effects: [logRatio], commit: commit(index + 1), job: `job-${index}` },
      measuredAt: new Date(Date.UTC(2026, 0, 1 + index)).toISOString(),
      ...overrides,
    }),
  );
}

/** Values around 0 with a standard deviation of `deviation`: the sum of twelve uniform ones is near to normal. */
export function noise(count: number, deviation: number, seed: string): number[] {
  const uniform = seededUniform(seed);
  const normal = () => Array.from({ length: 12 }, uniform).reduce((sum, value) => sum + value, -6);
  return Array.from({ length: count }, () => deviation * normal());
}
