import type { StagedWorkload } from "../../scenario/plan.ts";
import { backlogDrain } from "./backlog-drain.ts";
import { connections } from "./connections.ts";
import { httpIngest } from "./http-ingest.ts";
import { memoryPaging } from "./memory-paging.ts";
import { recovery } from "./recovery.ts";
import type { StagedRun } from "./staged-run.ts";
import { ttlStorm } from "./ttl-storm.ts";

/** How each staged workload is played. */
export const STAGED_RUNS: { readonly [W in StagedWorkload]: StagedRun<W> } = {
  "ttl-storm": ttlStorm,
  "memory-paging": memoryPaging,
  connections,
  "http-ingest": httpIngest,
  recovery,
  "backlog-drain": backlogDrain,
};
