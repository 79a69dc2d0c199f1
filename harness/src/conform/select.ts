import { HarnessError } from "../errors.ts";
import type { ConformanceCase, Level } from "./case.ts";

/**
 * The cases whose id fits one of the globs (`*` and `?`, any case) at the level or above it. Throws USAGE for a glob
 * that fits none: a run of nothing must not look like success.
 */
export function selectCases<Context>(
  cases: readonly ConformanceCase<Context>[],
  globs: readonly string[],
  level: Level,
): ConformanceCase<Context>[] {
  const patterns = globs.map((glob) => ({ glob, pattern: globPattern(glob) }));
  for (const { glob, pattern } of patterns) {
    if (cases.some(({ id }) => pattern.test(id))) continue;
    throw new HarnessError("USAGE", `no case is called ${glob}`, {
      hint: "ids look like A-CONN-05 or A-TTL-*",
    });
  }
  return cases.filter(
    (test) =>
      (level === "should" || test.level === "must") &&
      (patterns.length === 0 || patterns.some(({ pattern }) => pattern.test(test.id))),
  );
}

function globPattern(glob: string): RegExp {
  const escaped = glob.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "i");
}
