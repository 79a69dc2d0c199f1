import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import type { FieldTable } from "../../../src/mechanisms/message.ts";
import { AmqpClient } from "../../support/amqp-connection.ts";
import { frame, HEARTBEAT_FRAME, method, PROTOCOL_HEADER, publish } from "../../support/amqp-frames.ts";
import { type BrokerProcess, startBroker } from "../../support/broker-process.ts";

const DEFINITIONS = {
  vhosts: [{ name: "other" }],
  users: [
    { name: "limited", password: "secret", tags: [] },
    // RabbitMQ's hash of "hashed": four bytes of salt, then SHA-256 of salt and password.
    {
      name: "hashed",
      password_hash: "AQIDBMZlpCepT0oPFm77WEN/N7+r8SBtunipTI6/Q00UfotE",
      hashing_algorithm: "rabbit_password_hashing_sha256",
      tags: "monitoring",
    },
  ],
  permissions: [
    { user: "limited", vhost: "other", configure: "^mine-", write: "^mine-", read: ".*" },
    { user: "hashed", vhost: "/", configure: ".*", write: ".*", read: ".*" },
  ],
  topic_permissions: [
    { user: "limited", vhost: "other", exchange: "mine-topic", write: "^{username}\\.", read: "" },
  ],
};

let directory: string;
let broker: BrokerProcess;
let port: number;

before(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "brokermark-definitions-"));
  const file = path.join(directory, "definitions.json");
  await writeFile(file, JSON.stringify(DEFINITIONS));
  broker = await startBroker({
    target: "reference",
    args: ["--load-definitions", file, "--user", "extra:pass:word"],
  });
  port = (await broker.amqp).port;
});
after(async () => {
  await broker?.discard();
  await rm(directory, { recursive: true, force: true });
});

const FAILURE_CLOSE = ["authentication_failure_close"];

test("another protocol's header is answered with ours and the connection ends", async () => {
  for (const wrong of ["AMQP\x00\x01\x00\x00", "AMQP\x01\x01\x09\x01", "GET / HTTP/1.1\r\n\r\n"]) {
    const client = await AmqpClient.connect(port);
    client.write(Buffer.from(wrong, "latin1"));
    assert.deepEqual((await client.next())?.payload, PROTOCOL_HEADER);
    await client.expectEnd();
  }
});

test("connection.start says who we are and what we can, a header that comes in parts is a header", async () => {
  const client = await AmqpClient.connect(port);
  for (const byte of PROTOCOL_HEADER) {
    client.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  const start = await client.expect(0, "connection.start");
  const field = (name: string) => start.serverProperties.find(([key]) => key === name)?.[1].value;
  assert.equal(field("product"), "Brokermark");
  const capabilities = (field("capabilities") as FieldTable).map(([name]) => name);
  assert.ok(capabilities.includes("basic.nack") && capabilities.includes("connection.blocked"));
  assert.equal(start.mechanisms.toString(), "PLAIN AMQPLAIN");
  assert.equal(start.locales.toString(), "en_US");
  client.destroy();
});

test("PLAIN and AMQPLAIN log in, with passwords from definitions, hashes and options", async () => {
  const longstr = (text: string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return Buffer.concat([Buffer.from("S"), length, Buffer.from(text)]);
  };
  const amqplain = Buffer.concat([
    ...[Buffer.from("\x05LOGIN"), longstr("guest")],
    ...[Buffer.from("\x08PASSWORD"), longstr("guest")],
  ]);
  for (const login of [
    {},
    { mechanism: "AMQPLAIN", response: amqplain },
    { user: "extra", password: "pass:word" },
    { user: "limited", password: "secret", virtualHost: "other" },
    { user: "hashed", password: "hashed" },
  ]) {
    (await AmqpClient.open(port, login)).destroy();
  }
});

test("a refused login is told with 403 to those who can hear it, and ends in silence for others", async () => {
  for (const wrong of [{ password: "nope" }, { user: "nobody" }, { response: Buffer.from("guest") }]) {
    const told = await AmqpClient.connect(port);
    await told.authenticate({ ...wrong, capabilities: FAILURE_CLOSE });
    const text = await told.expectConnectionClose(403);
    assert.match(text, /^ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN/);
    const untold = await AmqpClient.connect(port);
    await untold.authenticate(wrong);
    await untold.expectEnd();
  }
});

test("an unknown mechanism, and EXTERNAL without a certificate, end in silence", async () => {
  for (const mechanism of ["CRAM-MD5", "EXTERNAL", ""]) {
    const client = await AmqpClient.connect(port);
    await client.authenticate({ mechanism, capabilities: FAILURE_CLOSE });
    await client.expectEnd();
  }
});

test("tune-ok beyond what was offered ends the connection, frame_max of 4096 does not", async () => {
  const offers = [{ frameMax: 131_073 }, { frameMax: 4095 }, { channelMax: 2048 }];
  for (const wrong of offers) {
    const client = await AmqpClient.connect(port);
    await client.authenticate();
    const tune = await client.expect(0, "connection.tune");
    assert.deepEqual(tune, { channelMax: 2047, frameMax: 131_072, heartbeat: 60 });
    client.send(0, "connection.tune-ok", { ...tune, ...wrong });
    await client.expectEnd();
  }
  const small = await AmqpClient.open(port, { frameMax: 4096, channelMax: 1 });
  await small.openChannel(1);
  small.send(2, "channel.open", {});
  assert.match(await small.expectConnectionClose(530), /reached the negotiated channel_max \(1\)/);
});

test("a virtual host that is not there, or not the user's, is 530", async () => {
  const open = async (user: string, password: string, virtualHost: string) => {
    const client = await AmqpClient.connect(port);
    await client.authenticate({ user, password });
    const tune = await client.expect(0, "connection.tune");
    client.send(0, "connection.tune-ok", tune);
    client.send(0, "connection.open", { virtualHost });
    return await client.expectConnectionClose(530);
  };
  assert.equal(await open("guest", "guest", "nowhere"), "NOT_ALLOWED - vhost nowhere not found");
  assert.equal(
    await open("limited", "secret", "/"),
    "NOT_ALLOWED - access to vhost '/' refused for user 'limited'",
  );
});

test("methods out of order before open end the connection", async () => {
  const early = await AmqpClient.connect(port);
  early.write(PROTOCOL_HEADER);
  await early.expect(0, "connection.start");
  early.send(1, "channel.open", {});
  await early.expectConnectionClose(505);
  const twice = await AmqpClient.open(port);
  twice.send(0, "connection.open", { virtualHost: "/" });
  await twice.expectConnectionClose(504);
});

test("permissions: configure, write and read, and topics on a topic exchange", async () => {
  const login = { user: "limited", password: "secret", virtualHost: "other" };
  const client = await AmqpClient.open(port, login);
  const refused = async (bytes: Buffer, expected: RegExp) => {
    await client.openChannel(1);
    client.write(bytes);
    assert.match(await client.expectChannelClose(1, 403), expected);
  };
  const QUEUE = { passive: false, durable: false, exclusive: false, autoDelete: false, noWait: false };
  await refused(
    method(1, "queue.declare", { ...QUEUE, queue: "yours", arguments: [] }),
    /^ACCESS_REFUSED - configure access to queue 'yours' in vhost 'other' refused for user 'limited'$/,
  );
  const declare = { queue: "mine-queue", ...QUEUE, arguments: [] };
  await client.openChannel(2);
  client.send(2, "queue.declare", declare);
  await client.expect(2, "queue.declare-ok");
  const dead = [["x-dead-letter-exchange", { type: "S", value: "yours" }]] as const;
  await refused(
    method(1, "queue.declare", { ...declare, queue: "mine-dead", arguments: dead }),
    /write access to exchange 'yours' in vhost 'other' refused/,
  );
  client.send(2, "exchange.declare", {
    ...{ exchange: "mine-topic", type: "topic", passive: false, durable: false, autoDelete: false },
    ...{ internal: false, noWait: false, arguments: [] },
  });
  await client.expect(2, "exchange.declare-ok");
  await refused(
    publish(1, "", "mine-queue", Buffer.from("x")),
    /write access to exchange 'amq.default' in vhost 'other' refused/,
  );
  await refused(
    publish(1, "mine-topic", "another.key", Buffer.from("x")),
    /write access to topic 'another.key' in exchange 'mine-topic' in vhost 'other' refused for user 'limited'/,
  );
  client.write(publish(2, "mine-topic", "limited.key", Buffer.from("x")));
  client.send(2, "queue.delete", { queue: "mine-queue", ifUnused: false, ifEmpty: false, noWait: false });
  await client.expect(2, "queue.delete-ok");
  client.destroy();
});

test("a wrong secret is refused, a right one is taken", async () => {
  const client = await AmqpClient.open(port);
  client.send(0, "connection.update-secret", { newSecret: Buffer.from("guest"), reason: "renewed" });
  await client.expect(0, "connection.update-secret-ok");
  client.send(0, "connection.update-secret", { newSecret: Buffer.from("wrong"), reason: "renewed" });
  await client.expectConnectionClose(530);
});

describe("what is seen only after seconds", { concurrency: true }, () => {
  test("heartbeats come at least every interval, and a silent client is dropped", async () => {
    const client = await AmqpClient.open(port, { heartbeat: 1 });
    for (let i = 0; i < 3; i++) assert.equal((await client.next())?.type, HEARTBEAT_FRAME);
    while ((await client.next()) !== null);
    const alive = await AmqpClient.open(port, { heartbeat: 1 });
    for (let i = 0; i < 6; i++) {
      assert.equal((await alive.next())?.type, HEARTBEAT_FRAME);
      alive.write(frame(HEARTBEAT_FRAME, 0, Buffer.alloc(0)));
    }
    alive.destroy();
  });

  test("a client that says nothing is dropped after ten seconds", async () => {
    const startedAt = performance.now();
    const client = await AmqpClient.connect(port);
    await client.expectEnd();
    assert.ok(performance.now() - startedAt > 9000);
  });
});
