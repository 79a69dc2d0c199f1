/** Where RabbitMQ 4 departs from a case of the suite, observed with this suite. */
import type { Expectations } from "../../../src/conform/expectations.ts";

export const RABBITMQ_4: Expectations = {
  name: "rabbitmq-4",
  product: /^RabbitMQ$/i,
  version: /^4\./,
  deviations: {},
};
