/** Runs cases: independent ones side by side, those that need the broker to themselves one after the other. */
import type { ConformanceCase, RunningCase, SuiteSession } from "./case.ts";
import { ConformanceFailure } from "./failure.ts";
import { type Outcome, PASS, type Verdict, verdictOf } from "./outcome.ts";

export interface RunOptions {
  readonly seed: number;
  readonly parallel: number;
  readonly signal: AbortSignal;
  /** Longest that one case may take before it counts as failed. */
  readonly caseTimeoutMs: number;
  readonly finished: (outcome: Outcome) => void;
}

/** Outcomes in the order of the cases. */
export async function runSuite<Context>(
  session: SuiteSession<Context>,
  cases: readonly ConformanceCase<Context>[],
  options: RunOptions,
): Promise<Outcome[]> {
  const outcomes = new Map<string, Outcome>();
  const settle = (outcome: Outcome): void => {
    outcomes.set(outcome.id, outcome);
    options.finished(outcome);
  };
  const together = cases.filter((test) => test.alone === undefined);
  const again = await runTogether(session, together, options, settle);
  const alone = [...again, ...cases.filter((test) => test.alone !== undefined)];
  for (const test of alone) {
    if (options.signal.aborted) break;
    settle({ ...(await runCase(session, test, options, 0)), ranAgain: again.includes(test) });
  }
  return cases.flatMap(({ id }) => outcomes.get(id) ?? []);
}

/** Gives back the cases whose failure may be the load's: they have no outcome yet. */
async function runTogether<Context>(
  session: SuiteSession<Context>,
  cases: readonly ConformanceCase<Context>[],
  options: RunOptions,
  settle: (outcome: Outcome) => void,
): Promise<ConformanceCase<Context>[]> {
  const queue = [...cases];
  const again: ConformanceCase<Context>[] = [];
  const work = async (slot: number): Promise<void> => {
    for (;;) {
      const test = queue.shift();
      if (test === undefined || options.signal.aborted) return;
      const outcome = await runCase(session, test, options, slot);
      if (outcome.status === "pass" || outcome.status === "non-strict" || !deservesSecondRun(test, outcome)) {
        settle(outcome);
      } else {
        again.push(test);
      }
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, (_, slot) => work(slot)));
  return cases.filter((test) => again.includes(test));
}

/** Time judged under load, a control connection that died (whose fault it was is open), or an undecided case. */
function deservesSecondRun(test: ConformanceCase<never>, outcome: Outcome): boolean {
  if (outcome.status === "inconclusive") return true;
  return outcome.status === "fail" && (test.timed === true || outcome.expected === CONTROL_LIVES);
}

export const CONTROL_LIVES = "the control connection lives";

export async function runCase<Context>(
  session: SuiteSession<Context>,
  test: ConformanceCase<Context>,
  options: Pick<RunOptions, "seed" | "caseTimeoutMs" | "signal">,
  slot: number,
): Promise<Outcome> {
  const began = performance.now();
  const seed = caseSeed(options.seed, test.id);
  const missing = test.requires?.find((name) => session.capabilities.get(name)?.present !== true);
  if (missing !== undefined) {
    const evidence = session.capabilities.get(missing)?.evidence ?? "it was not probed";
    const verdict: Verdict = { status: "unsupported", expected: missing, actual: evidence };
    return outcomeOf(test, verdict, [], seed, 0);
  }
  let running: RunningCase<Context> | null = null;
  let verdict: Verdict = PASS;
  try {
    running = await session.begin(test, seed, slot);
    await withinTime(test.run(running.context), options.caseTimeoutMs, options.signal);
    if (running.leniences.length > 0) {
      verdict = { status: "non-strict", expected: null, actual: running.leniences.join("; ") };
    }
  } catch (error) {
    verdict = verdictOf(error);
  }
  const transcript = verdict.status === "pass" ? [] : (running?.transcript() ?? []);
  try {
    await running?.finish();
  } catch (error) {
    if (verdict.status === "pass" || verdict.status === "non-strict") verdict = verdictOf(error);
  }
  return outcomeOf(test, verdict, transcript, seed, performance.now() - began);
}

/** Whatever comes first: the end of the work, of its time, or of the user's patience. */
async function withinTime(work: Promise<void>, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<never>();
  const failure = new ConformanceFailure("the case to end", `still running after ${timeoutMs / 1000} s`, {
    timedOut: true,
  });
  const timer = setTimeout(() => over.reject(failure), timeoutMs);
  const abort = (): void => over.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  work.catch(() => undefined);
  try {
    await Promise.race([work, over.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

function outcomeOf(
  test: ConformanceCase<never>,
  verdict: Verdict,
  transcript: readonly string[],
  seed: number,
  durationMs: number,
): Outcome {
  const { id, level, requirement, source, calibrated } = test;
  return {
    id,
    level,
    requirement,
    source,
    calibrated,
    ...verdict,
    transcript,
    seed,
    durationMs: Math.round(durationMs),
    ranAgain: false,
  };
}

/** A seed of its own for each case, the same whichever cases run beside it (FNV-1a over the id). */
export function caseSeed(seed: number, id: string): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const letter of id) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}
