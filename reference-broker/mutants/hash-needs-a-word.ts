import { TopicBindings } from "../src/engines/queues/topology/topic-bindings.ts";
import type { BindingRecord } from "../src/engines/queues/topology/exchange.ts";
import { type Mutant, replaceMethod } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "# of a topic binding needs at least one word",
  like: "LavinMQ #1608, #1300",
  apply: () => {
    const altered = new WeakMap<BindingRecord, BindingRecord>();
    const alter = (record: BindingRecord): BindingRecord => {
      const known = altered.get(record) ?? {
        ...record,
        routingKey: record.routingKey.replaceAll("#", "*.#"),
      };
      altered.set(record, known);
      return known;
    };
    for (const name of ["add", "remove"] as const) {
      replaceMethod(
        TopicBindings.prototype,
        name,
        (original) =>
          function (this: TopicBindings, record) {
            original.call(this, alter(record));
          },
      );
    }
  },
};
