import { EXIT } from "../../exit-codes.ts";
import type { ResultFile } from "../../result/schema.ts";
import type { SelftestCase } from "./cases.ts";
import type { Check } from "./checks.ts";

export type CaseVerdict = "pass" | "fail" | "inconclusive";

export interface JudgedCase {
  readonly name: string;
  readonly verdict: CaseVerdict;
  readonly checks: readonly Check[];
  readonly validity: ResultFile["summary"]["validity"] | null;
}

/** null: the run did not come about, which is a failure. Times decide only where the run was valid. */
export function judgeCase(selftest: SelftestCase, result: ResultFile | null): JudgedCase {
  if (result === null) return { name: selftest.name, verdict: "fail", checks: [], validity: null };
  const checks = selftest.check(result);
  const { validity } = result.summary;
  const broken = checks.filter(({ holds }) => !holds);
  const fails = broken.some(({ kind }) => kind === "count" || validity.verdict === "valid");
  const verdict = fails ? "fail" : broken.length > 0 ? "inconclusive" : "pass";
  return { name: selftest.name, verdict, checks, validity };
}

export function exitCodeOfSelftest(cases: readonly JudgedCase[]): number {
  const verdicts = cases.map(({ verdict }) => verdict);
  if (verdicts.includes("fail")) return EXIT.failed;
  return verdicts.includes("inconclusive") || cases.length === 0 ? EXIT.inconclusive : EXIT.done;
}
