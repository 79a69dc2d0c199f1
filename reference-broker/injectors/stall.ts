import { holdAnswers } from "./hold-answers.ts";
import type { Injector } from "./injector.ts";
import { WaitingLine } from "./waiting-line.ts";

export const injector: Injector<"every" | "ms"> = {
  effect:
    "One answer to a publish in so many is held for some milliseconds, with those behind it on its channel",
  parameters: {
    every: { doc: "answers from one that is held to the next", min: 1, max: 1_000_000_000, default: 200 },
    ms: { doc: "milliseconds", min: 2, max: 60_000, default: null },
  },
  apply: ({ every, ms }, counters) => {
    const line = new WaitingLine(ms);
    let answers = 0;
    holdAnswers({
      takes: () => ++answers % every === 0,
      hold: (release) => {
        counters.stalledAnswers++;
        line.add(release);
      },
    });
  },
};
