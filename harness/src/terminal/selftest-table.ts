import type { JudgedCase } from "../run/selftest/judge.ts";

const MARK = { pass: "ok  ", fail: "FAIL", inconclusive: "?   " } as const;

/** A line for the case and one for each check: expected beside measured. */
export function renderSelftestCase({ name, verdict, checks, validity }: JudgedCase): string {
  const why =
    verdict === "inconclusive" && validity ? `  (${validity.verdict}: ${validity.reasons.join("; ")})` : "";
  const lines = checks.map(
    ({ what, expected, measured, holds }) =>
      `  ${holds ? "    " : "  x "}${what.padEnd(18)} expected ${expected.padEnd(20)} measured ${measured}`,
  );
  return [`${MARK[verdict]} ${name}${why}`, ...lines].join("\n");
}
