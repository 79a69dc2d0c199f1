import { SegmentIndex } from "../src/engines/queues/store/segment-index.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Messages recovered after a restart never expire",
  like: "LavinMQ #1714",
  apply: () => {
    replaceMethod(SegmentIndex.prototype, "deadlineMs", () => () => Number.POSITIVE_INFINITY);
  },
};
