/** A-CONN: connections and channels. */
import { accept } from "../../../src/conform/case.ts";
import { ConformanceFailure } from "../../../src/conform/failure.ts";
import { OTHER_VIRTUAL_HOST } from "../accounts.ts";
import { encodeFrame, FRAME } from "../client/codec.ts";
import { CLIENT_CAPABILITIES, greet, login, type Tuning } from "../client/connection.ts";
import type { Wire } from "../client/wire.ts";
import type { AmqpCase, AmqpContext } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";

export const CONNECTION_CASES: readonly AmqpCase[] = [
  {
    id: "A-CONN-01",
    level: "must",
    requirement:
      "An unknown protocol header is answered with the server's own header, then the connection is closed.",
    source: "AMQP 0-9-1 rule connection.start#protocol-name; 4.2.2",
    outcomes: { "header in answer": accept(["AMQP 0 0 9 1", "AMQP 3 1 0 0"]) },
    kills: ["header-without-answer"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      for (const header of ["HTTP/1.1", "AMQP\x01\x01\x00\x0a", "AMQP\x00\x09\x09\x09"]) {
        const wire = await t.wire();
        wire.write(Buffer.from(header, "latin1"));
        t.equal(await wire.expectEnding(), "SOCK", "the connection is closed without a frame");
        const answer = wire.protocolHeader;
        t.observe("header in answer", answer === null ? "none" : `AMQP ${[...answer.subarray(4)].join(" ")}`);
      }
    },
  },
  {
    id: "A-CONN-02",
    level: "should",
    requirement:
      "The header of an older AMQP version is answered with the server's own, or that version is served.",
    source: "AMQP 0-9-1 rule connection.start#server-support",
    outcomes: { "header of 0-8": accept(["own header", "served"]) },
    kills: ["header-without-answer"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const wire = await t.wire();
      wire.write(Buffer.from("AMQP\x01\x01\x08\x00", "latin1"));
      const reaction = await wire.until(
        () => (wire.protocolHeader !== null ? "own header" : wire.frames.length > 0 ? "served" : undefined),
        20_000,
        "a header or connection.start",
      );
      t.observe("header of 0-8", reaction);
    },
  },
  {
    id: "A-CONN-03",
    level: "must",
    requirement: "connection.start offers PLAIN and en_US and tells product, version and capabilities.",
    source: "AMQP 0-9-1 rules start.locales#required-support, start.server-properties#required-fields",
    kills: ["no-plain"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const { greeting } = await t.connect();
      t.holds(greeting.mechanisms.includes("PLAIN"), "PLAIN among the mechanisms", greeting.mechanisms);
      t.holds(greeting.locales.includes("en_US"), "en_US among the locales", greeting.locales);
      t.equal([greeting.versionMajor, greeting.versionMinor], [0, 9], "protocol version");
      for (const property of ["product", "version"]) {
        const told = greeting.serverProperties[property];
        t.holds(typeof told === "string" && told !== "", `server property ${property}`, told);
      }
      const capabilities = greeting.serverProperties.capabilities ?? {};
      t.holds(capabilities.publisher_confirms === true, "capability publisher_confirms", capabilities);
      t.holds(capabilities["basic.nack"] === true, "capability basic.nack", capabilities);
    },
  },
  {
    id: "A-CONN-04",
    level: "must",
    requirement: "A mechanism that was not offered ends the connection.",
    source: "AMQP 0-9-1 rule start-ok.mechanism#validity",
    outcomes: { "unknown mechanism": accept(["SOCK", "CONN 403", "CONN 504", "CONN 530"]) },
    kills: ["any-mechanism"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const wire = await t.wire();
      await greet(wire);
      const response = `\0${t.login.user}\0${t.login.password}`;
      wire.method(0, "connection.start-ok", { mechanism: "NO-SUCH", response, locale: "en_US" });
      t.observe("unknown mechanism", await endingOrTune(wire));
    },
  },
  {
    id: "A-CONN-05",
    level: "must",
    requirement: "A wrong password ends the connection; a client that can be told so gets 403.",
    source: "RabbitMQ docs auth-notification",
    outcomes: {
      "client with authentication_failure_close": accept("CONN 403"),
      "client without it": accept("SOCK", ["CONN 403"]),
    },
    requires: ["authentication_failure_close"],
    kills: ["any-password"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const wrong = { user: t.login.user, password: "not the password" };
      const capable = await t.wire();
      await greet(capable);
      login(capable, wrong);
      t.observe("client with authentication_failure_close", await endingOrTune(capable));
      const plain = await t.wire();
      await greet(plain);
      login(plain, { ...wrong, capabilities: {} });
      t.observe("client without it", await endingOrTune(plain));
    },
  },
  {
    id: "A-CONN-06",
    level: "must",
    requirement:
      "tune-ok above the proposed frame-max or channel-max, or a frame-max below 4096, is refused; lower values hold.",
    source: "AMQP 0-9-1 rules tune-ok.channel-max#upper-limit, tune-ok.frame-max#minimum",
    outcomes: {
      "frame-max above": accept(["SOCK", "CONN 530", "CONN 502"]),
      "channel-max above": accept(["SOCK", "CONN 530", "CONN 502"]),
      "frame-max 1024": accept(["SOCK", "CONN 530", "CONN 502"]),
    },
    kills: ["any-tuning"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const offers = {
        "frame-max above": (tune: Tuning) => ({ ...tune, frameMax: tune.frameMax + 1 }),
        "channel-max above": (tune: Tuning) => ({ ...tune, channelMax: tune.channelMax + 1 }),
        "frame-max 1024": (tune: Tuning) => ({ ...tune, frameMax: 1024 }),
      };
      for (const [step, offer] of Object.entries(offers)) {
        const wire = await t.wire();
        await greet(wire);
        login(wire, t.login);
        const { args } = await wire.expectMethod("connection.tune");
        t.holds(args.frameMax === 0 || args.frameMax >= 4096, "a proposed frame-max of 4096 or more", args);
        if (args.frameMax === 0 || args.channelMax >= 65_535) continue;
        wire.method(0, "connection.tune-ok", offer(args as unknown as Tuning));
        wire.method(0, "connection.open", { virtualHost: t.login.virtualHost });
        t.observe(step, await wire.expectEnding());
      }
      const small = await t.connect({ frameMax: 4096 });
      const channel = await small.channel();
      const queue = await t.queue(channel);
      await t.fill(channel, queue, ["x".repeat(10_000)]);
      const message = await channel.get(queue);
      t.equal(message?.body.length, 10_000, "bytes of the body");
      t.holds(
        Math.max(...message!.bodyFrameBytes) <= 4088,
        "body frames within frame-max 4096",
        message!.bodyFrameBytes,
      );
    },
  },
  {
    id: "A-CONN-07",
    level: "must",
    requirement: "An unknown virtual host is refused with 530.",
    source: "AMQP 0-9-1 rule connection.open.virtual-host#separation; RabbitMQ",
    outcomes: { "unknown virtual host": accept("CONN 530", ["CONN 403", "CONN 402"]) },
    kills: ["any-virtual-host"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const wire = await t.wire();
      await greet(wire);
      login(wire, t.login);
      const { args } = await wire.expectMethod("connection.tune");
      wire.method(0, "connection.tune-ok", args);
      wire.method(0, "connection.open", { virtualHost: t.name("vhost") });
      t.observe("unknown virtual host", await endingOrTune(wire, "connection.open-ok"));
    },
  },
  {
    id: "A-CONN-07b",
    level: "must",
    requirement: "Virtual hosts share no queue and no exchange.",
    source: "AMQP 0-9-1 rule connection.open.virtual-host#separation",
    requires: ["accounts"],
    kills: ["virtual-hosts-shared"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const virtualHost = OTHER_VIRTUAL_HOST;
      const here = await t.channel();
      const queue = await t.queue(here);
      await t.fill(here, queue, ["here"]);
      const there = await (await t.connect({ virtualHost })).channel();
      t.equal(
        await there.provoke("queue.declare", { queue, passive: true }),
        "CHAN 404",
        "the queue elsewhere",
      );
      const other = await (await t.connect({ virtualHost })).channel();
      const { messageCount } = await other.call("queue.declare", { queue, durable: true });
      t.equal(messageCount, 0, "messages of the queue of that name elsewhere");
      await other.call("queue.delete", { queue });
      t.equal((await t.counts(here, queue)).messages, 1, "messages of the queue here");
    },
  },
  {
    id: "A-CONN-08",
    level: "must",
    requirement:
      "A client silent for more than two heartbeats is closed; the server sends within each interval.",
    source: "AMQP 0-9-1 4.2.7; RabbitMQ docs heartbeats",
    kills: ["no-heartbeats-sent", "silence-tolerated"],
    timed: true,
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const heartbeat = 1;
      const wire = await t.wire();
      await greet(wire);
      login(wire, t.login);
      const { args } = await wire.expectMethod("connection.tune");
      wire.method(0, "connection.tune-ok", { ...args, heartbeat });
      wire.method(0, "connection.open", { virtualHost: t.login.virtualHost });
      await wire.expectMethod("connection.open-ok");
      const began = performance.now();
      let beats = 0;
      wire.onFrame = ({ type }) => {
        if (type === FRAME.heartbeat) beats++;
      };
      await wire.expectEnding(20_000);
      const silentMs = performance.now() - began;
      t.holds(beats >= 1, "heartbeats from the server while the client is silent", `${beats}`);
      t.holds(silentMs >= 1900 && silentMs < 12_000, "closed after 2 to 12 s of silence", `${silentMs} ms`);
      await livesWithHeartbeats(t, heartbeat);
    },
  },
  {
    id: "A-CONN-09",
    level: "must",
    requirement: "A heartbeat frame on a channel other than 0 is a connection error.",
    source: "AMQP 0-9-1 4.2.3; LavinMQ #1999",
    outcomes: { "heartbeat on channel 1": accept("CONN 505", ["CONN 501", "CONN 503"]) },
    kills: ["heartbeat-on-any-channel"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const connection = await t.connect();
      await connection.channel(1);
      connection.heartbeat(1);
      t.observe("heartbeat on channel 1", await connection.wire.expectEnding());
    },
  },
  {
    id: "A-CONN-10",
    level: "must",
    requirement: "connection.close is answered with close-ok, and what is sent after it is discarded.",
    source: "AMQP 0-9-1 rule connection.close#stability",
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const control = await t.channel();
      const queue = await t.queue(control);
      const connection = await t.connect();
      const channel = await connection.channel();
      const closing = connection.close();
      channel.publish("", queue, "after the close");
      await closing;
      await t.sleep(100);
      t.equal(
        await t.counts(control, queue),
        { messages: 0, consumers: 0 },
        "nothing was taken after the close",
      );
    },
  },
  {
    id: "A-CONN-11",
    level: "must",
    requirement: "A method on a channel that was never opened is a connection error 504.",
    source: "AMQP 0-9-1 channel-error; RabbitMQ",
    outcomes: { "method on an unopened channel": accept("CONN 504", ["CONN 503", "CONN 505"]) },
    kills: ["channels-open-themselves"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const connection = await t.connect();
      const reaction = await connection.adopt(7).provoke("queue.declare", { exclusive: true });
      t.observe("method on an unopened channel", reaction);
    },
  },
  {
    id: "A-CONN-12",
    level: "must",
    requirement: "channel.open on an open channel is a connection error 504.",
    source: "AMQP 0-9-1 rule channel.open#state",
    outcomes: { "channel.open twice": accept("CONN 504", ["CONN 503", "CHAN 504"]) },
    kills: ["channel-opens-twice"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await (await t.connect()).channel();
      t.observe("channel.open twice", await channel.provoke("channel.open"));
    },
  },
  {
    id: "A-CONN-13",
    level: "must",
    requirement:
      "A channel's number can be used again after its close; an error on one channel leaves the others.",
    source: "AMQP 0-9-1 2.2.5; RabbitMQ",
    kills: ["channel-error-ends-connection"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const connection = await t.connect();
      const first = await connection.channel(3);
      const other = await connection.channel(4);
      await first.close();
      const again = await connection.channel(3);
      t.equal(
        await again.provoke("queue.declare", { queue: t.name("none"), passive: true }),
        "CHAN 404",
        "error",
      );
      t.equal(await other.barrier(), "none", "the other channel");
      const third = await connection.channel(3);
      t.equal(await third.barrier(), "none", "the number after an error");
      t.equal(connection.ending, null, "the connection");
    },
  },
  {
    id: "A-CONN-15",
    level: "should",
    requirement: "An acknowledgement on a channel that is already closed is ignored.",
    source: "LavinMQ f421d6e; RabbitMQ closes the connection",
    outcomes: { "basic.ack on a closed channel": accept("ignored", ["CONN 504"]) },
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const connection = await t.connect();
      const channel = await connection.channel();
      const other = await connection.channel();
      await channel.close();
      channel.ack(1);
      const reaction = await other.barrier();
      t.observe("basic.ack on a closed channel", reaction === "none" ? "ignored" : reaction);
    },
  },
  {
    id: "A-CONN-16",
    level: "must",
    requirement:
      "Frames for a channel between the server's channel.close and the client's close-ok are ignored.",
    source: "AMQP 0-9-1 rule channel.close#stability; LavinMQ #1980",
    kills: ["channel-error-ends-connection"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const connection = await t.connect();
      const other = await connection.channel();
      const queue = await t.queue(other);
      const channel = await connection.channel();
      channel.answersClose = false;
      t.equal(
        await channel.provoke("queue.declare", { queue: t.name("none"), passive: true }),
        "CHAN 404",
        "error",
      );
      channel.publish("", queue, "into a closing channel");
      channel.send("queue.purge", { queue });
      channel.publish("", queue, "and again");
      await other.sync();
      channel.send("channel.close-ok");
      await other.sync();
      t.equal(channel.replies, [], "replies on the closing channel");
      t.equal((await t.counts(other, queue)).messages, 0, "messages published into it");
      t.equal(await (await connection.channel(channel.id)).barrier(), "none", "the number afterwards");
    },
  },
  {
    id: "A-CONN-17",
    level: "must",
    requirement: "A method before connection.open ends the connection.",
    source: "AMQP 0-9-1 2.2.4",
    outcomes: { "channel.open before tune-ok": accept(["CONN 505", "CONN 503", "CONN 504", "SOCK"]) },
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const wire = await t.wire();
      await greet(wire);
      login(wire, t.login);
      await wire.expectMethod("connection.tune");
      wire.method(1, "channel.open");
      t.observe("channel.open before tune-ok", await wire.expectEnding());
    },
  },
  {
    id: "A-CONN-18",
    level: "must",
    requirement: "A connection that sends nothing is closed by the handshake timeout.",
    source: "RabbitMQ handshake_timeout, 10 s",
    timed: true,
    kills: ["no-handshake-timeout"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const silent = await t.wire();
      const greeted = await t.wire();
      await greet(greeted);
      t.equal(await silent.expectEnding(25_000), "SOCK", "the connection without a header");
      t.equal(await greeted.expectEnding(25_000), "SOCK", "the connection without start-ok");
    },
  },
  {
    id: "A-CONN-19",
    level: "should",
    requirement: "connection.update-secret is answered with update-secret-ok.",
    source: "RabbitMQ connection.update-secret",
    outcomes: { "update-secret": accept("update-secret-ok", ["CONN 530", "CONN 540"]) },
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const connection = await t.connect();
      connection.wire.method(0, "connection.update-secret", {
        newSecret: t.login.password,
        reason: "rotation",
      });
      const reaction = await connection.wire.until(
        () => (connection.secretUpdated ? "update-secret-ok" : (connection.ending ?? undefined)),
        20_000,
        "update-secret-ok or a close",
        true,
      );
      t.observe("update-secret", reaction);
    },
  },
];

/** How the connection ended, or the name of the method that let the client in. */
async function endingOrTune(wire: Wire, welcome = "connection.tune"): Promise<string> {
  try {
    await wire.expectMethod(welcome);
    return welcome;
  } catch (error) {
    if (!(error instanceof ConformanceFailure) || error.timedOut) throw error;
    return await wire.expectEnding();
  }
}

async function livesWithHeartbeats(t: AmqpContext, heartbeat: number): Promise<void> {
  const connection = await t.connect({ heartbeat, capabilities: CLIENT_CAPABILITIES });
  const channel = await connection.channel();
  for (let beat = 0; beat < 10; beat++) {
    connection.wire.write(encodeFrame(FRAME.heartbeat, 0, Buffer.alloc(0)));
    await t.sleep(400);
  }
  t.equal(await channel.barrier(), "none", "a connection with heartbeats after four intervals");
}
