/** Where RabbitMQ 4 departs from a case of the suite, observed with this suite on 4.0.5. */
import type { Expectations } from "../../../src/conform/expectations.ts";

export const RABBITMQ_4: Expectations = {
  name: "rabbitmq-4",
  product: /^RabbitMQ$/i,
  version: /^4\./,
  deviations: {
    "A-FRAME-06": {
      status: "non-strict",
      reason:
        "the decoder does not know the method and its process ends: the socket closes without connection.close",
      source: "observed on 4.0.5; the same on 3.10.8",
    },
    "A-SEC-01b": {
      status: "non-strict",
      reason: "4.0 asks for no permission where a declaration is passive; later versions do",
      source: "observed on 4.0.5",
    },
  },
};
