/** What the mutants of the topic exchange share: bindings that are kept under another routing key than was asked for. */
import type { BindingRecord } from "../src/engines/queues/topology/exchange.ts";
import { TopicBindings } from "../src/engines/queues/topology/topic-bindings.ts";
import { replaceMethod } from "./mutant.ts";

/** `alter` gets the key as declared. A record is altered once, so that the same one is added and removed. */
export function alterTopicKeys(alter: (routingKey: string) => string): void {
  const altered = new WeakMap<BindingRecord, BindingRecord>();
  const alteredOnce = (record: BindingRecord): BindingRecord => {
    const known = altered.get(record) ?? { ...record, routingKey: alter(record.routingKey) };
    altered.set(record, known);
    return known;
  };
  for (const name of ["add", "remove"] as const) {
    replaceMethod(
      TopicBindings.prototype,
      name,
      (original) =>
        function (this: TopicBindings, record) {
          original.call(this, alteredOnce(record));
        },
    );
  }
}
