/** Suites by name. */
import type { Suite } from "../src/conform/case.ts";
import { amqpSuite } from "./amqp/suite.ts";
import { RABBITMQ_4 } from "./amqp/expectations/rabbitmq-4.ts";
import { REFERENCE } from "./amqp/expectations/reference.ts";
import type { Expectations } from "../src/conform/expectations.ts";

// biome-ignore lint/suspicious/noExplicitAny: suites have contexts of their own; the runner hands them through unread
export const SUITES: Readonly<Record<string, Suite<any>>> = { amqp: amqpSuite };

export const EXPECTATIONS: readonly Expectations[] = [RABBITMQ_4, REFERENCE];
