/** A-SEC: permissions. They need users that the broker's own administration makes. */
import { accept } from "../../../src/conform/case.ts";
import type { Channel } from "../client/channel.ts";
import { greet, login } from "../client/connection.ts";
import type { AmqpCase, AmqpContext } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0";
const ADMINISTRATION = ["administration"];

export const SECURITY_CASES: readonly AmqpCase[] = [
  {
    id: "A-SEC-01",
    level: "should",
    requirement:
      "Each method needs its configure, write or read permission, else it is 403; a passive declaration needs any.",
    source: "RabbitMQ docs access-control#authorisation",
    outcomes: { refused: accept("CHAN 403"), allowed: accept("allowed") },
    requires: ADMINISTRATION,
    kills: ["permissions-unchecked"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const admin = await t.channel();
      const queue = await t.queue(admin);
      const exchange = await t.exchange(admin, "direct", { durable: true });
      const fresh = t.queueName();
      const attempts: readonly [string, string, (channel: Channel) => Promise<string>][] = [
        ["declare a queue", "configure", (c) => c.provoke("queue.declare", { queue: fresh, durable: true })],
        [
          "declare an exchange",
          "configure",
          (c) => c.provoke("exchange.declare", { exchange, type: "direct", durable: true }),
        ],
        [
          "bind the queue",
          "write on the queue, read on the exchange",
          (c) => c.provoke("queue.bind", { queue, exchange, routingKey: "k" }),
        ],
        ["publish", "write", (c) => published(c, exchange)],
        ["consume", "read", (c) => c.provoke("basic.consume", { queue })],
        ["get", "read", (c) => c.provoke("basic.get", { queue })],
        ["purge", "read", (c) => c.provoke("queue.purge", { queue })],
      ];
      const everything = { configure: ".*", write: ".*", read: ".*" };
      for (const [, needs, attempt] of attempts) {
        for (const permission of ["configure", "write", "read"] as const) {
          const lacking = await (await userWith(t, { ...everything, [permission]: "^$" })).channel();
          const reaction = await attempt(lacking);
          const step = needs.includes(permission) ? "refused" : "allowed";
          t.observe(step, step === "allowed" && !/^(CHAN|CONN)/.test(reaction) ? "allowed" : reaction);
        }
      }
    },
  },
  {
    id: "A-SEC-01b",
    level: "should",
    requirement: "Passive declaration needs some permission on the object.",
    source: "RabbitMQ passive_declare_permission",
    outcomes: {
      "no permission": accept("CHAN 403", ["queue.declare-ok"]),
      "read alone": accept("queue.declare-ok", ["CHAN 403"]),
    },
    requires: ADMINISTRATION,
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const queue = await t.queue(await t.channel());
      const passive = { queue, passive: true };
      const nothing = await (await userWith(t, { configure: "^$", write: "^$", read: "^$" })).channel();
      t.observe("no permission", await nothing.provoke("queue.declare", passive));
      const reader = await (await userWith(t, { configure: "^$", write: "^$", read: ".*" })).channel();
      t.observe("read alone", await reader.provoke("queue.declare", passive));
    },
  },
  {
    id: "A-SEC-02",
    level: "should",
    requirement: "Topic permissions restrict routing keys on a topic exchange.",
    source: "RabbitMQ docs access-control#topic-authorisation",
    outcomes: {
      "allowed key": accept("none"),
      "other key": accept("CHAN 403"),
      "CC with another key": accept("CHAN 403"),
    },
    requires: ADMINISTRATION,
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const exchange = await t.exchange(await t.channel(), "topic", { durable: true });
      const user = t.name("user");
      await t.administration.createUser(user, "secret");
      t.after(() => t.administration.deleteUser(user));
      const { virtualHost } = t.login;
      await t.administration.setPermissions(user, virtualHost, { configure: ".*", write: ".*", read: ".*" });
      await t.administration.setTopicPermissions(user, virtualHost, exchange, "^allowed\\.", ".*");
      const connection = await t.connect({ user, password: "secret" });
      const attempts = {
        "allowed key": ["allowed.x", {}],
        "other key": ["other.x", {}],
        "CC with another key": ["allowed.x", { headers: { CC: ["other.x"] } }],
      } as const;
      for (const [step, [key, properties]] of Object.entries(attempts)) {
        const channel = await connection.channel();
        channel.publish(exchange, key, "x", { properties });
        t.observe(step, await channel.barrier());
      }
    },
  },
  {
    id: "A-SEC-03",
    level: "should",
    requirement: "The user guest may log in from the loopback alone.",
    source: "RabbitMQ docs access-control#loopback-users",
    outcomes: { "guest from elsewhere": accept(["CONN 403", "SOCK"]) },
    requires: ["non-loopback-listener"],
    calibrated: "source",
    run: async (t) => {
      const wire = await t.wire();
      await greet(wire);
      login(wire);
      t.observe("guest from elsewhere", await wire.expectEnding());
    },
  },
];

async function published(channel: Channel, exchange: string): Promise<string> {
  channel.publish(exchange, "k", "x");
  return await channel.barrier();
}

async function userWith(t: AmqpContext, permissions: { configure: string; write: string; read: string }) {
  const user = t.name("user");
  await t.administration.createUser(user, "secret");
  t.after(() => t.administration.deleteUser(user));
  await t.administration.setPermissions(user, t.login.virtualHost, permissions);
  return await t.connect({ user, password: "secret" });
}
