import { type Mutant, replaceHandler } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "Arguments that make no sense are dropped without a word",
  like: "RabbitMQ: 406 for each",
  apply: () => {
    replaceHandler("queue.declare", (original) => async (channel, fields) => {
      try {
        await original(channel, fields);
      } catch (error) {
        if (!/invalid arg|routing-key|x-/.test((error as Error).message)) throw error;
        await original(channel, { ...fields, arguments: [] });
      }
    });
  },
};
