/** The edge of a session: real clock, real brokers, real files. Commands call it; tests of its parts do not. */
import { randomInt } from "node:crypto";
import { tmpdir } from "node:os";
import { nowUs } from "../measure/clock.ts";
import { readEnvironment } from "../result/environment.ts";
import { storeResult } from "../result/store.ts";
import type { Plan } from "../scenario/plan.ts";
import { TARGETS } from "../targets/catalog.ts";
import { connectAdmin } from "./destination.ts";
import type { LoadProcessCounts } from "./load-group.ts";
import type { RunListener } from "./progress.ts";
import { runSession, type SessionOutcome } from "./session.ts";

export interface SessionRequest {
  readonly plans: readonly Plan[];
  /** The command line, for the result files. */
  readonly command: string;
  /** Where result files go; null keeps results in memory only. */
  readonly resultDirectory: string | null;
  readonly keep: boolean;
  readonly measureCeiling: boolean;
  readonly loadProcesses: LoadProcessCounts;
  readonly signal: AbortSignal;
  readonly listen: RunListener;
}

export function startSession(request: SessionRequest): Promise<SessionOutcome> {
  const { plans, command, resultDirectory, keep, measureCeiling } = request;
  const dataDirectory = tmpdir();
  return runSession(
    {
      plans,
      command,
      keep,
      measureCeiling,
      dataDirectory,
      targets: TARGETS,
      environment: readEnvironment(dataDirectory),
      store: async (result) => (resultDirectory === null ? result : storeResult(resultDirectory, result)),
    },
    {
      connectAdmin,
      nowUs,
      newRunId: () => randomInt(2 ** 32),
      signal: request.signal,
      listen: request.listen,
      loadProcesses: request.loadProcesses,
    },
  );
}
