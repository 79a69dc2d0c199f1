import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { readStamp } from "../../src/integrity/message.ts";
import { HttpPublisher } from "../../src/load-processes/http-publisher.ts";
import type { LastSent, PrepareQueueLoad } from "../../src/load/protocol.ts";
import { nowUs } from "../../src/measure/clock.ts";

/** Of every request that came, in order. */
interface Posted {
  readonly producer: number;
  readonly sequence: number;
}

interface Server extends AsyncDisposable {
  readonly port: number;
  readonly posted: Posted[];
}

/** `answer` decides what each request gets; null: no answer ever. */
async function listen(answer: (posted: Posted) => readonly [number, string] | null): Promise<Server> {
  const posted: Posted[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.from(JSON.parse(Buffer.concat(chunks).toString()).payload, "base64");
      const { producer, sequence } = readStamp(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
      posted.push({ producer, sequence });
      const said = answer({ producer, sequence });
      if (said !== null) response.writeHead(said[0], { "Content-Type": "application/json" }).end(said[1]);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
  };
  return { port: (server.address() as AddressInfo).port, posted, [Symbol.asyncDispose]: close };
}

function prepareOf(port: number, producers: number): PrepareQueueLoad {
  return {
    type: "prepare",
    kind: "queues",
    driver: "http-exchange",
    endpoint: { host: "127.0.0.1", port: 1, http: { host: "127.0.0.1", port, metricsPort: port } },
    topic: "t",
    seed: 1,
    runId: 9,
    producers: Array.from({ length: producers }, (_, id) => id),
    parameters: {
      producers,
      routing: "direct",
      topics: 1,
      queues: 1,
      consumersPerQueue: 1,
      payloadBytes: 64,
      payloadKind: "json",
      persistent: true,
      confirmWindow: 1,
      ratePerSecond: null,
      prefetch: 0,
      ackEvery: 0,
      slow: null,
    },
    queues: [],
    readsAlong: false,
  };
}

async function publish(port: number, producers: number, limits: { durationMs?: number; maxBytes?: number }) {
  const sent: LastSent[] = [];
  const publisher = new HttpPublisher(prepareOf(port, producers), {
    nowUs,
    onLastSent: (last) => void sent.push(last),
  });
  const { durationMs = 300, maxBytes = 1e9 } = limits;
  const report = await publisher.run({ type: "start", startAtUs: nowUs(), durationMs, maxBytes });
  return { report, sent };
}

describe("messages posted over HTTP", () => {
  test("are each a producer's next, confirmed by their answer, and told to the last one", async () => {
    await using server = await listen(() => [200, '{"routed":true}']);
    const { report, sent } = await publish(server.port, 3, {});
    assert.ok(report.publishedMessages > 3, `${report.publishedMessages} messages`);
    assert.equal(report.confirmedMessages, report.publishedMessages);
    assert.deepEqual(report.errors, {});
    assert.equal(server.posted.length, report.publishedMessages);
    for (const { producer, publishedBatches, unconfirmedBatches } of report.outcomes) {
      const sequences = server.posted
        .filter((each) => each.producer === producer)
        .map((each) => each.sequence);
      assert.deepEqual(
        sequences,
        Array.from({ length: publishedBatches }, (_, sequence) => sequence),
      );
      assert.deepEqual(unconfirmedBatches, []);
    }
    assert.equal(sent.length, 1);
    assert.notEqual(report.histograms.publish, null);
  });

  test("that are refused or not routed are errors, and not confirmed", async () => {
    await using server = await listen(({ sequence }) => {
      if (sequence === 1) return [503, "full"];
      return [200, sequence === 2 ? '{"routed":false}' : '{"routed":true}'];
    });
    const { report } = await publish(server.port, 1, {});
    assert.deepEqual(report.outcomes[0]!.unconfirmedBatches, [1, 2]);
    assert.deepEqual(report.errors, { "HTTP 503: full": 1, 'REFUSED: {"routed":false}': 1 });
    assert.equal(report.confirmedMessages, report.publishedMessages - 2);
  });

  test("end when the bytes are used up", async () => {
    await using server = await listen(() => [200, '{"routed":true}']);
    const { report } = await publish(server.port, 1, { durationMs: 20_000, maxBytes: 10 * 64 });
    assert.equal(report.publishedMessages, 10);
    assert.equal(report.confirmedMessages, 10);
  });

  test("need a target that listens for HTTP", () => {
    const { http: _, ...endpoint } = prepareOf(1, 1).endpoint;
    const deps = { nowUs, onLastSent: () => undefined };
    assert.throws(() => new HttpPublisher({ ...prepareOf(1, 1), endpoint }, deps), { code: "USAGE" });
  });
});
