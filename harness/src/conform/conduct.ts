/** One conformance run: the target is started, the suite run against it, the target stopped. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HarnessError } from "../errors.ts";
import { TARGETS } from "../targets/catalog.ts";
import type { RunningTarget, StartOptions, TargetName } from "../targets/target.ts";
import { requireProtocol, type TargetSpec, targetLabel } from "../targets/target-spec.ts";
import type { BrokerUnderTest, ConformanceCase, Suite } from "./case.ts";
import { type Expectations, findExpectations, type JudgedOutcome, judge } from "./expectations.ts";
import { type RunOptions, runSuite } from "./run-suite.ts";
import { type ConformanceReport, summarize } from "./summary.ts";

export interface ConductOptions<Context> {
  readonly spec: TargetSpec;
  readonly suite: Suite<Context>;
  readonly cases: readonly ConformanceCase<Context>[];
  readonly expectations: readonly Expectations[];
  readonly seed: number;
  readonly parallel: number;
  readonly mutant: string | null;
  readonly signal: AbortSignal;
  readonly finished: (outcome: JudgedOutcome) => void;
}

const CASE_TIMEOUT_MS = 180_000;

export async function conduct<Context>(options: ConductOptions<Context>): Promise<ConformanceReport> {
  const { spec, suite, cases, seed, parallel, mutant, signal } = options;
  const began = performance.now();
  await using broker = await startBroker(spec, suite.definitions(), mutant, signal);
  await using session = await suite.open({ broker, signal });
  const expectations = findExpectations(options.expectations, broker.product, broker.version);
  const outcomes: JudgedOutcome[] = [];
  const run: RunOptions = {
    seed,
    parallel,
    signal,
    caseTimeoutMs: CASE_TIMEOUT_MS,
    finished: (outcome) => options.finished(judge(outcome, expectations)),
  };
  for (const outcome of await runSuite(session, cases, run)) outcomes.push(judge(outcome, expectations));
  signal.throwIfAborted();
  return {
    schemaVersion: 1,
    suite: suite.name,
    target: targetLabel(spec),
    product: broker.product,
    version: broker.version,
    mutant,
    seed,
    expectations: expectations?.name ?? null,
    capabilities: Object.fromEntries(session.capabilities),
    outcomes,
    summary: summarize(outcomes),
    durationMs: Math.round(performance.now() - began),
  };
}

/** How a target is told to load a definitions file; without a way it has no accounts. */
const DEFINITIONS_OPTIONS: Partial<Record<TargetName, (path: string) => Record<string, string>>> = {
  reference: (path) => ({ "load-definitions": path }),
  rabbitmq: (path) => ({
    "definitions.import_backend": "local_filesystem",
    "definitions.local.path": path,
  }),
};

/** The target as cases see it; a restart keeps its data directory and may change its port. */
export async function startBroker(
  spec: TargetSpec,
  definitions: string,
  mutant: string | null,
  signal: AbortSignal,
): Promise<BrokerUnderTest & AsyncDisposable> {
  const target = TARGETS[spec.name];
  requireProtocol(target, "amqp");
  if (mutant !== null && spec.name !== "reference") {
    throw new HarnessError("USAGE", "only the reference broker has mutants");
  }
  const directory = await mkdtemp(join(tmpdir(), "brokermark-conform-"));
  const definitionsPath = join(directory, "definitions.json");
  await writeFile(definitionsPath, definitions);
  const start: StartOptions = {
    protocol: "amqp",
    directory,
    durability: "os",
    options: {
      ...DEFINITIONS_OPTIONS[spec.name]?.(definitionsPath),
      ...spec.options,
      ...(mutant === null ? {} : { mutant }),
    },
    signal,
  };
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  let running: RunningTarget;
  try {
    running = await target.start(start);
  } catch (error) {
    await remove();
    throw error;
  }
  const [product, version] = productOf(running);
  return {
    product,
    version,
    get endpoint() {
      return running.endpoint;
    },
    restart:
      running.pid === null
        ? null
        : async (how) => {
            await stop(running, how);
            running = await target.start(start);
          },
    setMemoryAlarm: null,
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      await remove();
    },
  };
}

/** Name and version as the server tells them. */
function productOf({ name, version, configuration }: RunningTarget): [product: string, version: string] {
  const match = /^(.*\S)\s+(\d\S*)$/.exec(version);
  if (match !== null) return [match[1]!, match[2]!];
  return [configuration.product ?? name, version];
}

async function stop(running: RunningTarget, how: "graceful" | "kill"): Promise<void> {
  running.died.catch(() => undefined);
  if (how === "kill" && running.pid !== null) {
    // The process leads a group: what it started goes with it, as in a crash of the machine's user session.
    process.kill(-running.pid, "SIGKILL");
  }
  await running[Symbol.asyncDispose]();
}
