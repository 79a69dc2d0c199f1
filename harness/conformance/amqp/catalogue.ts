import { CONNECTION_CASES } from "./cases/connection.ts";
import { CONSUME_CASES } from "./cases/consume.ts";
import { CONSUMERS_CASES } from "./cases/consumers.ts";
import { DEAD_LETTER_CASES } from "./cases/dead-letter.ts";
import { DURABILITY_CASES } from "./cases/durability.ts";
import { EXCHANGE_CASES } from "./cases/exchange.ts";
import { FLOW_CASES } from "./cases/flow.ts";
import { FRAME_CASES } from "./cases/frame.ts";
import { HISTORY_CASES } from "./cases/history.ts";
import { LIMIT_CASES } from "./cases/limits.ts";
import { PUBLISH_CASES } from "./cases/publish.ts";
import { QUEUE_CASES } from "./cases/queue.ts";
import { ROUTING_CASES } from "./cases/routing.ts";
import { SECURITY_CASES } from "./cases/security.ts";
import { TRANSACTION_CASES } from "./cases/transaction.ts";
import { TTL_CASES } from "./cases/ttl.ts";
import type { AmqpCase } from "./context.ts";

/** Slow ones first: what waits for timeouts does so beside everything else. */
export const AMQP_CASES: readonly AmqpCase[] = [
  ...CONNECTION_CASES,
  ...CONSUMERS_CASES,
  ...FRAME_CASES,
  ...EXCHANGE_CASES,
  ...ROUTING_CASES,
  ...QUEUE_CASES,
  ...PUBLISH_CASES,
  ...CONSUME_CASES,
  ...TTL_CASES,
  ...DEAD_LETTER_CASES,
  ...LIMIT_CASES,
  ...TRANSACTION_CASES,
  ...FLOW_CASES,
  ...SECURITY_CASES,
  ...HISTORY_CASES,
  ...DURABILITY_CASES,
];
