import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import type { PrepareLogLoad } from "../../src/load/protocol.ts";
import { LoadProcess, PARAMETERS } from "./load-processes.ts";

const FILES = ["publisher-process.ts", "consumer-process.ts"] as const;

/** A port on which nobody listens: one that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  await new Promise((resolve) => server.close(resolve));
  return address.port;
}

function prepareFor(port: number): PrepareLogLoad {
  return {
    type: "prepare",
    kind: "log",
    recordsPerBatch: 10,
    readers: 1,
    driver: "kafka",
    endpoint: { host: "127.0.0.1", port },
    topic: "nowhere",
    parameters: PARAMETERS,
    seed: 1,
    runId: 1,
    producers: [0],
    partitions: [0],
  };
}

for (const file of FILES) {
  test(`${file} ends with its channel`, async () => {
    const load = new LoadProcess(file);
    load.disconnect();
    assert.equal(await load.exited(), 0);
  });

  test(`${file} says what it cannot reach`, async () => {
    using load = new LoadProcess(file);
    const port = await closedPort();
    load.send(prepareFor(port));
    await assert.rejects(load.receive("ready"), {
      message: new RegExp(`^TARGET_UNREACHABLE: no connection to 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`),
    });
  });
}

test("a codec that kafkajs has not is refused before anything is sent", async () => {
  using load = new LoadProcess("publisher-process.ts");
  load.send({ ...prepareFor(await closedPort()), driver: "kafkajs" });
  await assert.rejects(load.receive("ready"), { message: "USAGE: kafkajs has no codec lz4 built in" });
});
