import { alterTopicKeys } from "./alter-topic-keys.ts";
import type { Mutant } from "./mutant.ts";

export const mutant: Mutant = {
  fault: "# of a topic binding needs at least one word",
  like: "LavinMQ #1608, #1300",
  apply: () => alterTopicKeys((routingKey) => routingKey.replaceAll("#", "*.#")),
};
