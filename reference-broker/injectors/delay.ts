import { holdAnswers } from "./hold-answers.ts";
import type { Injector } from "./injector.ts";
import { WaitingLine } from "./waiting-line.ts";

export const injector: Injector<"us"> = {
  effect: "Every answer to a publish goes some microseconds after it was ready",
  parameters: { us: { doc: "microseconds", min: 1, max: 60_000_000, default: null } },
  apply: ({ us }, counters) => {
    const line = new WaitingLine(us / 1000);
    holdAnswers({
      takes: () => true,
      hold: (release) => {
        counters.delayedAnswers++;
        line.add(release);
      },
    });
  },
};
