/** Where the bundled reference broker departs from a case of the suite, and on purpose. */
import type { Expectations } from "../../../src/conform/expectations.ts";

export const REFERENCE: Expectations = {
  name: "reference",
  product: /brokermark|reference/i,
  version: /./,
  deviations: {
    "A-CONS-21": {
      status: "unsupported",
      reason: "there are no quorum queues, and RabbitMQ's classic queues have no delivery limit",
      source: "the queue type is refused with 406",
    },
    "A-SEC-01b": {
      status: "non-strict",
      reason: "as RabbitMQ 4.0, which asks for no permission where a declaration is passive",
      source: "observed with this suite",
    },
  },
};
