import type { Injector } from "./injector.ts";
import { sleep } from "./waiting-line.ts";

export const injector: Injector<"ms"> = {
  effect: "Sleeps for some milliseconds before it listens",
  parameters: { ms: { doc: "milliseconds", min: 1, max: 60_000, default: null } },
  apply: ({ ms }) => sleep(ms),
};
