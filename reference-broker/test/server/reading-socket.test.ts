import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import { readInto } from "../../src/server/reading-socket.ts";

test("reads go into the buffers that are named, and the socket writes and ends as any other", async () => {
  const shared = Buffer.alloc(1024);
  const server = net.createServer({ noDelay: true }, (accepted) => {
    const socket = readInto(
      accepted,
      () => shared,
      (buffer, bytes) => {
        assert.equal(buffer, shared);
        socket.write(buffer.subarray(0, bytes).toString("latin1").toUpperCase());
      },
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = net.connect((server.address() as net.AddressInfo).port, "127.0.0.1");
  let text = "";
  client.setEncoding("latin1").on("data", (part) => {
    text += part;
    if (text === "HELLO") client.end();
  });
  client.write("hello");
  await once(client, "close");
  assert.equal(text, "HELLO");
  server.close();
  await once(server, "close");
});

test("the server counts the socket until it is gone: for its limit of connections, and before it is closed", async () => {
  const sockets: net.Socket[] = [];
  const server = net.createServer((accepted) => {
    const socket = readInto(
      accepted,
      () => Buffer.alloc(64),
      () => {},
    );
    socket.on("error", () => {});
    sockets.push(socket);
  });
  server.maxConnections = 2;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const connect = async () => {
    const client = net.connect(port, "127.0.0.1");
    client.on("error", () => {}).resume();
    await once(client, "connect");
    return client;
  };
  const counted = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  const first = await connect();
  const second = await connect();
  while (sockets.length < 2) await new Promise(setImmediate);
  assert.equal(await counted(), 2);
  const dropped = once(server, "drop");
  const third = await connect();
  await dropped;
  if (!third.closed) await once(third, "close");
  first.destroy();
  await once(sockets[0]!, "close");
  assert.equal(await counted(), 1);
  const fourth = await connect();
  while (sockets.length < 3) await new Promise(setImmediate);
  let isClosed = false;
  const closed = once(server.close(), "close").then(() => {
    isClosed = true;
  });
  second.destroy();
  await once(sockets[1]!, "close");
  await new Promise(setImmediate);
  assert.equal(isClosed, false, "one is still there");
  fourth.destroy();
  await closed;
});
