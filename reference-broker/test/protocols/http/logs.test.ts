/** What the log says of requests: slow ones, with the ids by which a client's report and the broker's log meet. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { basic, HttpBroker } from "./http-broker.ts";

interface Line {
  readonly event: string;
  readonly operation?: string;
  readonly connection?: string;
  readonly request?: string;
  readonly clientRequest?: string;
  readonly url?: string;
  readonly tookMs?: number;
}

function linesOf(log: string): Line[] {
  return log.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}

test("an operation slower than the limit is logged with connection and request, and counted", async () => {
  // A first login costs a deliberately slow hash: over a millisecond anywhere.
  const broker = await HttpBroker.start(["--slow-operation-ms", "1", "--user", "worker:secret"]);
  try {
    const authorization = basic("worker", "secret");
    const headers = { authorization, "x-request-id": "from-the-client" };
    assert.equal((await broker.request("GET", "/api/queues", headers)).status, 200);
    const find = (line: Line) => line.event === "slow operation" && line.url === "/api/queues";
    while (!linesOf(broker.process.log()).some(find)) await new Promise((resolve) => setTimeout(resolve, 10));
    const slow = linesOf(broker.process.log()).find(find)!;
    assert.equal(slow.operation, "http request");
    assert.equal(slow.clientRequest, "from-the-client");
    assert.match(slow.connection!, /^http-\d+$/);
    assert.match(slow.request!, new RegExp(`^${slow.connection}-\\d+$`));
    assert.ok(slow.tookMs! > 1);
    assert.match((await broker.get("/metrics")).text, /^brokermark_http_slow_requests_total [1-9]/m);
  } finally {
    await broker.process.discard();
  }
});

test("an error's answer names its request", async () => {
  const broker = await HttpBroker.start();
  try {
    const { headers } = await broker.get("/nothing");
    assert.match(headers.get("x-request-id") ?? "", /^http-1-1$/);
  } finally {
    await broker.process.discard();
  }
});
