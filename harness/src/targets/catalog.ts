import { external } from "./external.ts";
import { kafka } from "./kafka/kafka.ts";
import { nullTarget } from "./null/null.ts";
import { rabbitmq } from "./rabbitmq/rabbitmq.ts";
import { reference } from "./reference.ts";
import { synthetic } from "./synthetic/synthetic.ts";
import type { Target, TargetName } from "./target.ts";

/** Every target by name, in the order in which `brokermark targets` lists them. */
export const TARGETS: Readonly<Record<TargetName, Target>> = {
  reference,
  kafka,
  rabbitmq,
  external,
  synthetic,
  null: nullTarget,
};
