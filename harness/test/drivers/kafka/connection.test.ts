import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { metadata } from "../../../src/drivers/kafka/apis.ts";
import { Connection } from "../../../src/drivers/kafka/connection.ts";

const ASKED = {
  topics: [],
  allowAutoTopicCreation: false,
  includeClusterAuthorizedOperations: false,
  includeTopicAuthorizedOperations: false,
};

for (const [who, end] of [
  ["us", (connection: Connection) => connection.close()],
  ["the broker", (_: Connection, accepted: Socket) => accepted.destroy()],
] as const) {
  test(`a request that waits ends when the connection is closed by ${who}, and so does one after it`, async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const coming = once(server, "connection");
    const connection = await Connection.open({ host: "127.0.0.1", port });
    const [accepted] = (await coming) as [Socket];
    const asked = once(accepted, "data");
    const waiting = connection.request(metadata, ASKED);
    waiting.catch(() => undefined);
    // What is unread at a close would be answered with a reset.
    await asked;
    end(connection, accepted);
    const message = new RegExp(`connection ended during Metadata: closed by ${who}$`);
    await assert.rejects(waiting, { code: "TARGET_UNREACHABLE", message });
    await assert.rejects(connection.request(metadata, ASKED), { code: "TARGET_UNREACHABLE" });
    accepted.destroy();
    server.close();
  });
}
