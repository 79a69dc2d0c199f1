import { HarnessError } from "../../errors.ts";
import type { StagedRun } from "./staged-run.ts";

export const memoryPaging: StagedRun<"memory-paging"> = {
  steadily: () => null,
  run: () => Promise.reject(new HarnessError("USAGE", "memory-paging is being written")),
};
