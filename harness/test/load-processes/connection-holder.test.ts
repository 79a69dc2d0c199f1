import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { describe, test } from "node:test";
import { handshakeOf } from "../../src/drivers/handshake.ts";
import { ConnectionHolder } from "../../src/load-processes/connection-holder.ts";
import type { HoldConnections } from "../../src/load/hold.ts";
import { LatencyHistogram } from "../../src/measure/histogram.ts";
import { nowUs } from "../../src/measure/clock.ts";

interface Listener extends AsyncDisposable {
  readonly server: Server;
  readonly sockets: Set<Socket>;
  readonly port: number;
}

async function listen(): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { server, sockets, port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
}

function holderOf(port: number, options: Partial<HoldConnections> = {}): ConnectionHolder {
  const endpoint = { host: "127.0.0.1", port };
  const hold: HoldConnections = {
    type: "hold",
    endpoint,
    protocol: "bare",
    connections: 50,
    first: 0,
    openPerSecond: 1_000_000,
    openAtOnce: 8,
    ...options,
  };
  return new ConnectionHolder(hold, { nowUs, handshake: () => handshakeOf(hold.protocol, endpoint) });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a holder of connections", () => {
  test("opens as many as asked, keeps them, and closes every one", async () => {
    await using listener = await listen();
    const holder = holderOf(listener.port);
    const { histogram, firstUs, lastUs } = await holder.open();
    await until(() => listener.sockets.size === 50);
    assert.equal(LatencyHistogram.decode(histogram).count, 50);
    assert.ok(lastUs > firstUs);
    const { lost, reason } = await holder.release();
    assert.deepEqual([lost, reason], [0, null]);
    await until(() => listener.sockets.size === 0);
  });

  test("opens no faster than it may", async () => {
    await using listener = await listen();
    const holder = holderOf(listener.port, { connections: 20, openPerSecond: 100 });
    const { firstUs, lastUs } = await holder.open();
    // The last of twenty is due 190 ms after the first.
    assert.ok(lastUs - firstUs >= 190_000, `${lastUs - firstUs} us`);
    await holder.release();
  });

  test("counts what the other end has ended meanwhile", async () => {
    await using listener = await listen();
    const holder = holderOf(listener.port);
    await holder.open();
    await until(() => listener.sockets.size === 50);
    for (const socket of [...listener.sockets].slice(0, 3)) socket.end();
    await until(() => listener.sockets.size === 47);
    const { lost, reason } = await holder.release();
    assert.deepEqual([lost, reason], [3, "closed by the broker"]);
  });

  test("fails with the first connection that is not accepted", async () => {
    const listener = await listen();
    await listener[Symbol.asyncDispose]();
    const holder = holderOf(listener.port);
    await assert.rejects(holder.open(), { code: "TARGET_UNREACHABLE", message: /ECONNREFUSED/ });
    holder.drop();
  });

  test("fails when the broker closes instead of answering the greeting", async () => {
    await using listener = await listen();
    listener.server.on("connection", (socket) => socket.end());
    const holder = holderOf(listener.port, { protocol: "amqp", connections: 3 });
    await assert.rejects(holder.open(), { code: "TARGET_UNREACHABLE", message: /closed by the broker/ });
    holder.drop();
  });
});
