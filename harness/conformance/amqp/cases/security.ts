/** A-SEC: permissions. They need the users of accounts.ts. */
import { accept } from "../../../src/conform/case.ts";
import { type AccountName, TOPIC_EXCHANGE } from "../accounts.ts";
import type { Channel } from "../client/channel.ts";
import { greet, login } from "../client/connection.ts";
import type { AmqpCase } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";
const ACCOUNTS = ["accounts"];

export const SECURITY_CASES: readonly AmqpCase[] = [
  {
    id: "A-SEC-01",
    level: "should",
    requirement: "Each method needs its configure, write or read permission, else it is 403.",
    source: "RabbitMQ docs access-control#authorisation",
    outcomes: { "without the permission": accept("CHAN 403"), "with it": accept("allowed") },
    requires: ACCOUNTS,
    kills: ["permissions-unchecked"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const owner = await t.channel();
      const queue = await t.queue(owner);
      const exchange = await t.exchange(owner, "direct", { durable: true });
      const inner = await t.exchange(owner, "direct", { durable: true });
      const fresh = t.queueName();
      const binding = { routingKey: "k" };
      const attempts: readonly [needs: string, (channel: Channel) => Promise<string>][] = [
        ["configure", (c) => c.provoke("queue.declare", { queue: fresh, durable: true })],
        ["configure", (c) => c.provoke("exchange.declare", { exchange, type: "direct", durable: true })],
        ["configure", (c) => c.provoke("queue.delete", { queue: fresh })],
        ["write, read", (c) => c.provoke("queue.bind", { queue, exchange, ...binding })],
        ["write, read", (c) => c.provoke("queue.unbind", { queue, exchange, ...binding })],
        [
          "write, read",
          (c) => c.provoke("exchange.bind", { destination: inner, source: exchange, ...binding }),
        ],
        ["write", (c) => published(c, exchange)],
        ["read", (c) => c.provoke("basic.consume", { queue })],
        ["read", (c) => c.provoke("basic.get", { queue })],
        ["read", (c) => c.provoke("queue.purge", { queue })],
      ];
      for (const permission of ["configure", "write", "read"] as const) {
        const lacking = await t.connectAs(`conform-no-${permission}`);
        for (const [needs, attempt] of attempts) {
          const reaction = await attempt(await lacking.channel());
          if (needs.includes(permission)) t.observe("without the permission", reaction);
          else t.observe("with it", /^(CHAN|CONN|SOCK)/.test(reaction) ? reaction : "allowed");
        }
      }
    },
  },
  {
    id: "A-SEC-01b",
    level: "should",
    requirement: "Passive declaration needs some permission on the object.",
    source: "RabbitMQ passive_declare_permission_SUITE",
    outcomes: {
      "no permission": accept("CHAN 403", ["queue.declare-ok"]),
      "read alone": accept("queue.declare-ok", ["CHAN 403"]),
    },
    requires: ACCOUNTS,
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const passive = { queue: await t.queue(await t.channel()), passive: true };
      const users: Record<string, AccountName> = {
        "no permission": "conform-nothing",
        "read alone": "conform-reader",
      };
      for (const [step, user] of Object.entries(users)) {
        const channel = await (await t.connectAs(user)).channel();
        t.observe(step, await channel.provoke("queue.declare", passive));
      }
    },
  },
  {
    id: "A-SEC-02",
    level: "should",
    requirement: "Topic permissions restrict the routing keys on a topic exchange, those of CC included.",
    source: "RabbitMQ docs access-control#topic-authorisation",
    outcomes: {
      "allowed key": accept("none"),
      "other key": accept("CHAN 403"),
      "CC with another key": accept("CHAN 403"),
    },
    requires: ACCOUNTS,
    kills: ["topic-permissions-unchecked"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      await t.exchange(await t.channel(), "topic", { durable: true }, TOPIC_EXCHANGE);
      const connection = await t.connectAs("conform-topics");
      const attempts = {
        "allowed key": ["allowed.x", {}],
        "other key": ["other.x", {}],
        "CC with another key": ["allowed.x", { headers: { CC: ["other.x"] } }],
      } as const;
      for (const [step, [key, properties]] of Object.entries(attempts)) {
        const channel = await connection.channel();
        channel.publish(TOPIC_EXCHANGE, key, "x", { properties });
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
