import type { AmqpCase } from "../context.ts";
export const HISTORY_CASES: readonly AmqpCase[] = [];
