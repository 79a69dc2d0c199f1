import { HarnessError } from "../../errors.ts";
import type { StagedRun } from "./staged-run.ts";

export const ttlStorm: StagedRun<"ttl-storm"> = {
  steadily: () => null,
  run: () => Promise.reject(new HarnessError("USAGE", "ttl-storm is being written")),
};
