/** What the log says of requests: slow ones, with the ids by which a client's report and the broker's log meet. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { frame, METHOD_FRAME, PROTOCOL_HEADER } from "../../support/amqp-frames.ts";
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

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!isTrue()) {
    assert.ok(performance.now() < deadline, "the line is not written");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("an operation slower than the limit is logged with connection and request, and counted", async () => {
  // A first login costs a deliberately slow hash: over a millisecond anywhere.
  const broker = await HttpBroker.start(["--slow-operation-ms", "1", "--user", "worker:secret"]);
  try {
    const authorization = basic("worker", "secret");
    const headers = { authorization, "x-request-id": "from-the-client" };
    assert.equal((await broker.request("GET", "/api/queues", headers)).status, 200);
    const find = (line: Line) => line.event === "slow operation" && line.url === "/api/queues";
    await until(() => linesOf(broker.process.log()).some(find));
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

test("lines about connections of the other protocols name the connection", async () => {
  const broker = await HttpBroker.start();
  try {
    const { port: amqpPort } = await broker.process.amqp;
    for (const [port, bytes] of [
      [broker.process.port, Buffer.from([0, 0, 0, 10, 0, 99, 0, 0, 0, 0, 0, 7, 255, 255])],
      [amqpPort, PROTOCOL_HEADER],
    ] as const) {
      const socket = connect({ host: "127.0.0.1", port });
      socket.on("error", () => {});
      socket.write(bytes);
      const unknownMethod = frame(METHOD_FRAME, 0, Buffer.from([0, 99, 0, 1]));
      if (port === amqpPort) socket.once("data", () => socket.write(unknownMethod));
      const named = new RegExp(`"connection":"${port === amqpPort ? "amqp" : "kafka"}-1"`);
      await until(() => named.test(broker.process.log()));
      socket.destroy();
    }
  } finally {
    await broker.process.discard();
  }
});
