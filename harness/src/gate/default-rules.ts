import type { JudgingRules } from "./evidence.ts";

/** A false alarm in a hundred jobs at most, by the coins alone; at most two in a hundred pass with a regression as large as the limit. */
export const DEFAULT_RULES: JudgingRules = {
  alphaJob: 0.01,
  alphaPass: 0.02,
  indifference: 0,
  limits: {},
  looks: [6, 8, 10, 12, 14, 17, 20, 25, 30],
};
