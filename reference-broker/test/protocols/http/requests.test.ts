/** HTTP itself: paths and methods, sizes, pipelines, clients that go away. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { HttpBroker, JSON_RECORDS } from "./http-broker.ts";

const MEBIBYTE = 1024 * 1024;
let broker: HttpBroker;

before(async () => {
  broker = await HttpBroker.start(["--request-memory-bytes", String(2 * MEBIBYTE)]);
});
after(() => broker?.process.discard());

/** Sends `text` on a connection of its own and reads until it has `bytes` of answers or the broker closes. */
async function exchange(text: string, isDone: (received: string) => boolean): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: broker.port });
  let received = "";
  socket.on("error", () => {});
  socket.write(text);
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
    if (isDone(received)) socket.destroy();
  });
  await new Promise((resolve) => socket.once("close", resolve));
  return received;
}

const post = (body: string, path = "/topics/pipeline") =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${JSON_RECORDS}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** Bodies of answers, in their order. */
function bodiesOf(received: string): string[] {
  const bodies: string[] = [];
  for (let at = 0; at < received.length; ) {
    const head = received.indexOf("\r\n\r\n", at);
    if (head < 0) break;
    const length = Number(/content-length: (\d+)/i.exec(received.slice(at, head))?.[1]);
    bodies.push(received.slice(head + 4, head + 4 + length));
    at = head + 4 + length;
  }
  return bodies;
}

test("answers of a pipeline come in the order of its requests, whatever they are", async () => {
  await broker.produce("pipeline", [{ value: "first" }]);
  const COUNT = 200;
  const requests = Array.from({ length: COUNT }, (_, i) => {
    if (i % 10 === 5) return get("/metrics");
    return i % 10 === 7 ? get(`/nothing-${i}`) : post(`{"records":[{"value":${i}}]}`);
  });
  const received = await exchange(requests.join(""), (text) => bodiesOf(text).length === COUNT);
  const bodies = bodiesOf(received);
  assert.equal(bodies.length, COUNT);
  let offset = 1;
  bodies.forEach((body, i) => {
    if (i % 10 === 5) assert.match(body, /^# HELP brokermark_/);
    else if (i % 10 === 7) assert.match(body, new RegExp(`nothing-${i}`));
    else assert.match(body, new RegExp(`"offset":${offset++},`));
  });
});

test("a client that sends a thousand requests ahead of their answers is cut off, and others are served", async () => {
  const text = get("/metrics").repeat(3000);
  const received = await exchange(text, () => false);
  assert.match(received, /HTTP\/1.1 429 /);
  assert.equal((await broker.get("/health/live")).status, 200);
});

test("unknown paths, wrong methods and paths that cannot be decoded are told apart", async () => {
  const missing = await broker.get("/nothing");
  assert.deepEqual([missing.status, missing.json.error], [404, "not_found"]);
  const wrong = await broker.request("POST", "/metrics");
  assert.deepEqual([wrong.status, wrong.headers.get("allow")], [405, "GET"]);
  assert.equal((await broker.get("/topics/%ff")).status, 400);
  assert.equal((await broker.get("/topics/")).status, 404);
  const head = await broker.request("HEAD", "/health/live");
  assert.deepEqual([head.status, head.text], [200, ""]);
});

test("the index lists every endpoint", async () => {
  const { json } = await broker.get("/");
  const paths = json.map(({ method, path }: { method: string; path: string }) => `${method} ${path}`);
  assert.ok(paths.includes("POST /topics/:topic") && paths.includes("GET /metrics"));
});

test("a body over the limit is refused before it is sent, and an endless one when it is too long", async () => {
  const announced = await exchange(
    `POST /topics/t HTTP/1.1\r\nHost: x\r\nContent-Type: ${JSON_RECORDS}\r\nContent-Length: 20000001\r\n\r\n`,
    () => false,
  );
  assert.match(announced, /^HTTP\/1.1 413 /);
  const roomy = await HttpBroker.start();
  try {
    const socket = connect({ host: "127.0.0.1", port: roomy.port });
    socket.on("error", () => {}); // what it sends beyond the limit may meet a closed connection
    socket.write(
      `POST /topics/t HTTP/1.1\r\nHost: x\r\nContent-Type: ${JSON_RECORDS}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = `${MEBIBYTE.toString(16)}\r\n${" ".repeat(MEBIBYTE)}\r\n`;
    while (!socket.destroyed) {
      if (!socket.write(chunk)) await drained(socket);
    }
    const { text } = await roomy.get("/metrics");
    assert.match(text, /^brokermark_http_refused_requests_total 1$/m);
    assert.match(text, /^brokermark_http_buffered_bytes 0$/m);
    assert.match(text, /^brokermark_http_body_bytes_total 0$/m);
  } finally {
    await roomy.process.discard();
  }
});

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settled = () => {
      socket.off("drain", settled).off("close", settled);
      resolve();
    };
    socket.on("drain", settled).on("close", settled);
  });
}

test("memory for bodies is taken before they are read, and given back when their client goes", async () => {
  const head = `POST /topics/t HTTP/1.1\r\nHost: x\r\nContent-Type: ${JSON_RECORDS}\r\nContent-Length: ${2 * MEBIBYTE}\r\n\r\n`;
  const holder = connect({ host: "127.0.0.1", port: broker.port });
  holder.write(head);
  await metricBecomes("http_buffered_bytes", 2 * MEBIBYTE);
  const refused = await broker.produce("t", [{ value: 1 }]);
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
  holder.destroy();
  await metricBecomes("http_buffered_bytes", 0);
  assert.equal((await broker.produce("t", [{ value: 1 }])).status, 200);
  assert.match((await broker.get("/metrics")).text, /^brokermark_http_abandoned_requests_total [1-9]/m);
});

async function metricBecomes(name: string, value: number): Promise<void> {
  const line = new RegExp(`^brokermark_${name} ${value}$`, "m");
  const deadline = performance.now() + 10_000;
  while (!line.test((await broker.get("/metrics")).text)) {
    assert.ok(performance.now() < deadline, `${name} does not become ${value}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a stop answers what is under way, ends idle connections and exits with 0", async () => {
  const stopping = await HttpBroker.start();
  await stopping.produce("t", [{ value: 1 }]);
  const idle = connect({ host: "127.0.0.1", port: stopping.port });
  idle.write(get("/health/live"));
  await once(idle, "data");
  const ended = once(idle, "close");
  assert.equal(await stopping.process.stop(), 0);
  await ended;
  await stopping.process.discard();
});
