/** The `null` target: measures the harness, not a broker. */
import { checkOptions } from "../option-table.ts";
import { startOwnServer } from "../own-server.ts";
import type { Target } from "../target.ts";

export const nullTarget: Target = {
  name: "null",
  protocols: ["kafka", "amqp"],
  describe: async () => ({
    name: "null",
    summary: "a sink that counts messages and keeps none: how fast the load generator itself is",
    installed: true,
    version: null,
    howToInstall: null,
  }),
  start: async (options) => {
    checkOptions("null", {}, options.options);
    return await startOwnServer({
      name: "null",
      start: options,
      entry: new URL("./main", import.meta.url),
      args: [options.protocol],
      readsBack: false,
      notes: ["counts messages and keeps none: only who consumes while they come gets any, over AMQP"],
      configuration: {},
    });
  },
};
