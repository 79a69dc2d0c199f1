/** The `synthetic` target: what it does wrong was asked for, so the harness's figures can be checked against it. */
import { startOwnServer } from "../own-server.ts";
import type { Target } from "../target.ts";
import { readSettings } from "./settings.ts";

export const synthetic: Target = {
  name: "synthetic",
  protocols: ["kafka"],
  describe: async () => ({
    name: "synthetic",
    summary:
      "a broker with known delay, stall, loss, duplicates, swaps and corruption, for checking the harness",
    installed: true,
    version: null,
    howToInstall: null,
  }),
  start: async (options) => {
    readSettings(options.options);
    return await startOwnServer({
      name: "synthetic",
      start: options,
      entry: new URL("./main", import.meta.url),
      args: Object.entries(options.options).map(([key, value]) => `${key}=${value}`),
      readsBack: true,
      notes: ["keeps messages in memory only, and does wrong what it was asked to"],
      configuration: options.options,
    });
  },
};
