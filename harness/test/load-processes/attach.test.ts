import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import type { PrepareQueueLoad } from "../../src/load/protocol.ts";
import { attach } from "../../src/load-processes/attach.ts";
import { nowUs } from "../../src/measure/clock.ts";
import { findFreePorts } from "../../src/targets/free-port.ts";
import { QUEUE_LOAD } from "./queue-load.ts";

const HOST = "127.0.0.1";

function loadAt(port: number): PrepareQueueLoad {
  return {
    type: "prepare",
    kind: "queues",
    driver: "amqp",
    endpoint: { host: HOST, port },
    topic: "brokermark-test",
    parameters: QUEUE_LOAD,
    seed: 1,
    runId: 1,
    producers: [0],
    queues: [0],
    readsAlong: true,
  };
}

test("nobody listens: the last obstacle is told when the time is over", async () => {
  const [port = 0] = await findFreePorts(1);
  await assert.rejects(attach(loadAt(port), { retryMs: 5, timeoutMs: 60 }, nowUs), {
    code: "TARGET_UNREACHABLE",
    message: /did not serve within 0\.06 s of its start: .*ECONNREFUSED/,
  });
});

test("a port that accepts and greets nobody is tried again and again", async () => {
  const [port = 0] = await findFreePorts(1);
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on("error", () => undefined).destroy();
  });
  const attaching = attach(loadAt(port), { retryMs: 5, timeoutMs: 400 }, nowUs);
  setTimeout(() => server.listen(port, HOST), 50);
  await assert.rejects(attaching, { code: "TARGET_UNREACHABLE", message: /did not serve within 0\.4 s/ });
  assert.ok(connections > 2, `${connections} connections`);
  await new Promise((resolve) => server.close(resolve));
});
