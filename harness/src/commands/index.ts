/** All commands, by id; the order is that of `brokermark --help`. oclif reads this map ("explicit" strategy). */
import Compare from "./compare.ts";
import List from "./list.ts";
import Schema from "./schema.ts";

export const COMMANDS = {
  list: List,
  compare: Compare,
  schema: Schema,
};
