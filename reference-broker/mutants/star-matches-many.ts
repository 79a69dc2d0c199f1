import { alterTopicKeys } from "./alter-topic-keys.ts";
import type { Mutant } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "* of a topic binding matches any number of words",
  like: "LavinMQ message_routing_spec",
  apply: () => alterTopicKeys((routingKey) => routingKey.replaceAll("*", "#")),
};
