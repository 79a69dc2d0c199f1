import type { StagedWorkload } from "../../scenario/plan.ts";
import { memoryPaging } from "./memory-paging.ts";
import type { StagedRun } from "./staged-run.ts";
import { ttlStorm } from "./ttl-storm.ts";

/** How each staged workload is played. */
export const STAGED_RUNS: { readonly [W in StagedWorkload]: StagedRun<W> } = {
  "ttl-storm": ttlStorm,
  "memory-paging": memoryPaging,
};
