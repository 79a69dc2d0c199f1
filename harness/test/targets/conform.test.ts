/** The whole amqp suite: RabbitMQ 4 calibrates it, and the reference broker has to agree. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { brokermark } from "../commands/cli.ts";

/** Everything but the known cases that no target of one machine can run. */
const LEAST_EXECUTED = 140;

for (const target of ["rabbitmq", "reference"]) {
  test(`amqp on ${target}: everything as expected`, async () => {
    const { code, stdout, stderr } = await brokermark("conform", "--target", target, "--json");
    assert.equal(code, 0, stderr);
    const { summary } = JSON.parse(stdout);
    assert.ok(summary.executed >= LEAST_EXECUTED, `${summary.executed} executed`);
    assert.equal(summary.byStanding["unexpected-pass"], 0);
  });
}
