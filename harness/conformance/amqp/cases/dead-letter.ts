/** A-DLX: dead-lettering. */
import { accept } from "../../../src/conform/case.ts";
import type { Channel, Received } from "../client/channel.ts";
import type { Loose } from "../client/codec.ts";
import type { AmqpCase, AmqpContext } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";

export const DEAD_LETTER_CASES: readonly AmqpCase[] = [
  {
    id: "A-DLX-01",
    level: "must",
    requirement:
      "Rejecting without requeue, expiry and dropping at a length limit dead-letter once, each with its reason.",
    source: "RabbitMQ docs dlx",
    timed: true,
    kills: ["dead-letter-lost", "dead-letter-twice", "dead-letter-reason", "nack-multiple-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const { queue, dead } = await lettered(t, channel, { "x-max-length": 3 });
      await t.fill(channel, queue, ["reject", "nack 1", "nack 2"]);
      const first = await channel.getWithin(queue, false);
      channel.send("basic.reject", { deliveryTag: first.tag, requeue: false });
      await channel.get(queue, false);
      const last = await channel.getWithin(queue, false);
      channel.nack(last.tag, { requeue: false, multiple: true });
      await t.awaitCount(channel, dead, 3);
      channel.publish("", queue, "expires", { properties: { expiration: "100" } });
      await t.awaitCount(channel, dead, 4);
      for (const body of ["oldest", "2", "3", "4"]) channel.publish("", queue, body);
      await t.awaitCount(channel, dead, 5);
      await t.sleep(100);
      const letters: unknown[] = [];
      for (let letter = await channel.get(dead); letter !== null; letter = await channel.get(dead)) {
        letters.push([letter.text, death(letter).reason, death(letter).count]);
      }
      t.equal(
        letters,
        [
          ["reject", "rejected", 1],
          ["nack 1", "rejected", 1],
          ["nack 2", "rejected", 1],
          ["expires", "expired", 1],
          ["oldest", "maxlen", 1],
        ],
        "dead letters with reason and count",
      );
      t.equal(await t.drain(channel, queue), ["2", "3", "4"], "messages of the queue");
    },
  },
  {
    id: "A-DLX-02",
    level: "must",
    requirement: "Requeueing, purging, deleting and expiring the queue do not dead-letter.",
    source: "RabbitMQ docs dlx",
    kills: ["purge-dead-letters"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const { queue, dead } = await lettered(t, channel, {});
      await t.fill(channel, queue, ["one"]);
      const message = await channel.getWithin(queue, false);
      channel.nack(message.tag);
      await t.awaitCount(channel, queue, 1);
      await channel.call("queue.purge", { queue });
      await t.fill(channel, queue, ["two"]);
      await channel.call("queue.delete", { queue });
      const expiring = await lettered(t, channel, { "x-expires": 200 });
      channel.publish("", expiring.queue, "three");
      // Asking for the queue would renew it.
      await t.sleep(1500);
      t.equal(await t.queueExists(expiring.queue), false, "the queue exists after it expired");
      t.equal(await t.drain(channel, dead), [], "dead letters of requeue, purge and delete");
      t.equal(await t.drain(channel, expiring.dead), [], "dead letters of an expired queue");
    },
  },
  {
    id: "A-DLX-03",
    level: "must",
    requirement:
      "A dead letter is routed by x-dead-letter-routing-key, without one by its own keys, CC included.",
    source: "RabbitMQ docs dlx#routing",
    kills: ["dead-letter-key-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const exchange = await t.exchange(channel, "direct");
      const [keyed, original, copied] = [
        await t.queue(channel),
        await t.queue(channel),
        await t.queue(channel),
      ];
      const fixed = await t.queue(channel, {
        arguments: { "x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": "fixed" },
      });
      const own = await t.queue(channel, { arguments: { "x-dead-letter-exchange": exchange } });
      await t.bind(channel, keyed, exchange, "fixed");
      await t.bind(channel, original, exchange, own);
      await t.bind(channel, copied, exchange, "copy");
      channel.publish("", fixed, "by the fixed key", { properties: { headers: { CC: ["copy"] } } });
      channel.publish("", own, "by its own keys", { properties: { headers: { CC: ["copy"] } } });
      for (const queue of [fixed, own]) {
        const message = await channel.getWithin(queue, false);
        channel.nack(message!.tag, { requeue: false });
      }
      await t.awaitCount(channel, copied, 1);
      await t.awaitCount(channel, keyed, 1);
      const [one, two, three] = [
        await channel.get(keyed),
        await channel.get(original),
        await channel.get(copied),
      ];
      t.equal(
        [one?.text, two?.text, three?.text],
        ["by the fixed key", "by its own keys", "by its own keys"],
        "letters",
      );
      t.equal([one?.args.routingKey, two?.args.routingKey], ["fixed", own], "routing keys");
      t.equal(death(one!)["routing-keys"], [fixed, "copy"], "routing-keys of x-death");
    },
  },
  {
    id: "A-DLX-04",
    level: "must",
    requirement:
      "x-death holds queue, reason, count, exchange, routing keys and time, newest first; the count grows per queue and reason; x-first-death-* stay.",
    source: "RabbitMQ docs dlx#effects",
    kills: ["dead-letter-lost"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const exchange = await t.exchange(channel, "direct");
      const last = await t.queue(channel);
      const second = await t.queue(channel, {
        arguments: { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": last },
      });
      const first = await t.queue(channel, {
        arguments: { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": second },
      });
      await t.bind(channel, first, exchange, "in");
      const began = Math.floor(Date.now() / 1000) - 2;
      channel.publish(exchange, "in", "letter", { properties: { headers: { own: 1 } } });
      for (const queue of [first, second]) {
        const message = await channel.getWithin(queue, false);
        channel.nack(message!.tag, { requeue: false });
      }
      const letter = await channel.getWithin(last);
      const deaths = letter.headers["x-death"] as Record<string, Loose>[];
      t.equal(
        deaths.map(({ queue, reason, count }) => [queue, reason, count]),
        [
          [second, "rejected", 1],
          [first, "rejected", 1],
        ],
        "deaths",
      );
      t.equal(
        [deaths[1]!.exchange, deaths[1]!["routing-keys"]],
        [exchange, ["in"]],
        "exchange and keys of the first death",
      );
      t.equal(
        [deaths[0]!.exchange, deaths[0]!["routing-keys"]],
        ["", [second]],
        "exchange and keys of the second death",
      );
      t.holds(
        deaths.every(({ time }) => time >= began && time <= Date.now() / 1000 + 2),
        "times of death in seconds",
        deaths,
      );
      const { headers } = letter;
      t.equal(
        [
          headers["x-first-death-queue"],
          headers["x-first-death-reason"],
          headers["x-first-death-exchange"],
          headers.own,
        ],
        [first, "rejected", exchange, 1],
        "x-first-death-*",
      );
      await countsItsDeaths(t, channel);
    },
  },
  {
    id: "A-DLX-05",
    level: "must",
    requirement: "A message that expired loses its expiration when it is dead-lettered; x-death keeps it.",
    source: "RabbitMQ docs dlx#effects",
    timed: true,
    kills: ["dead-letter-lost"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const { queue, dead } = await lettered(t, channel, {});
      channel.publish("", queue, "short", { properties: { expiration: "100", messageId: "kept" } });
      const letter = await channel.getWithin(dead);
      t.equal(
        [letter?.text, letter?.properties.expiration, letter?.properties.messageId],
        ["short", undefined, "kept"],
        "letter",
      );
      t.equal(death(letter!)["original-expiration"], "100", "original-expiration");
      t.holds((await t.counts(channel, dead)).messages === 0, "an empty queue", "a message");
    },
  },
  {
    id: "A-DLX-06",
    level: "must",
    requirement: "A dead-letter exchange that is missing drops; declared later it works.",
    source: "RabbitMQ docs dlx",
    kills: ["dead-letter-lost"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const exchange = t.exchangeName();
      const queue = await t.queue(channel, { arguments: { "x-dead-letter-exchange": exchange } });
      const dead = await t.queue(channel);
      channel.publish("", queue, "dropped");
      channel.nack((await channel.getWithin(queue, false)).tag, { requeue: false });
      await channel.sync();
      t.equal(await channel.get(queue), null, "the message in its queue");
      await t.exchange(channel, "fanout", {}, exchange);
      await t.bind(channel, dead, exchange);
      channel.publish("", queue, "kept");
      channel.nack((await channel.getWithin(queue, false)).tag, { requeue: false });
      t.equal((await channel.getWithin(dead)).text, "kept", "dead letter once the exchange exists");
    },
  },
  {
    id: "A-DLX-07",
    level: "must",
    requirement: "A cycle of dead-lettering without a rejection is broken; one with a rejection goes on.",
    source: "RabbitMQ docs dlx#cycle-detection",
    timed: true,
    kills: ["dead-letter-reason"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const turning = t.queueName();
      const options = {
        "x-message-ttl": 100,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": turning,
      };
      await t.queue(channel, { arguments: options }, turning);
      channel.publish("", turning, "turns");
      await t.sleep(800);
      t.equal(await channel.get(turning), null, "a message that turned by expiry alone");
      const retry = t.queueName();
      const work = await t.queue(channel, {
        arguments: { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": retry },
      });
      await t.queue(
        channel,
        {
          arguments: {
            "x-message-ttl": 100,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": work,
          },
        },
        retry,
      );
      channel.publish("", work, "retried");
      for (let round = 0; round < 3; round++) {
        const message = await channel.getWithin(work, false);
        t.equal(
          [message?.text, message?.headers["x-death"]?.length ?? 0],
          ["retried", round === 0 ? 0 : 2],
          `round ${round}`,
        );
        const rejected = (message!.headers["x-death"] ?? []).find(
          ({ reason }: { reason: string }) => reason === "rejected",
        );
        t.equal(rejected?.count ?? 0, round, "count of rejections");
        channel.nack(message!.tag, { requeue: false });
      }
    },
  },
  {
    id: "A-DLX-08",
    level: "must",
    requirement: "x-dead-letter-routing-key without x-dead-letter-exchange is 406.",
    source: "RabbitMQ",
    outcomes: { "key without exchange": accept("CHAN 406") },
    kills: ["queue-arguments-unchecked"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const args = { queue: t.queueName(), durable: true, arguments: { "x-dead-letter-routing-key": "key" } };
      t.observe("key without exchange", await (await t.channel()).provoke("queue.declare", args));
    },
  },
  {
    id: "A-DLX-09",
    level: "should",
    requirement: "An x-death header that a client sends is not taken for the broker's own.",
    source: "RabbitMQ release notes 4.0.1",
    outcomes: { "count after a forged death": accept("1", ["6"]) },
    kills: ["dead-letter-lost"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const { queue, dead } = await lettered(t, channel, {});
      const forged = [{ queue, reason: "rejected", count: 5, exchange: "", "routing-keys": [queue] }];
      channel.publish("", queue, "forged", { properties: { headers: { "x-death": forged } } });
      channel.nack((await channel.getWithin(queue, false)).tag, { requeue: false });
      const letter = await channel.getWithin(dead);
      t.observe("count after a forged death", String(death(letter!).count));
    },
  },
];

/** A queue whose dead letters go to another. */
async function lettered(
  t: AmqpContext,
  channel: Channel,
  args: Readonly<Record<string, unknown>>,
): Promise<{ queue: string; dead: string }> {
  const dead = await t.queue(channel);
  const queue = await t.queue(channel, {
    arguments: { ...args, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead },
  });
  return { queue, dead };
}

function death(letter: Received): Record<string, Loose> {
  return (letter.headers["x-death"] as Record<string, Loose>[] | undefined)?.[0] ?? {};
}

/** A message that its own queue's dead-letter exchange brings back: one entry, its count growing. */
async function countsItsDeaths(t: AmqpContext, channel: Channel): Promise<void> {
  const loop = t.queueName();
  await t.queue(
    channel,
    { arguments: { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": loop } },
    loop,
  );
  channel.publish("", loop, "loops");
  const counts: number[] = [];
  for (let round = 0; round < 3; round++) {
    const message = await channel.getWithin(loop, false);
    counts.push(death(message).count ?? 0);
    t.equal(message.headers["x-first-death-queue"], round === 0 ? undefined : loop, "x-first-death-queue");
    channel.nack(message.tag, { requeue: false });
  }
  t.equal(counts, [0, 1, 2], "count of rejections by one queue");
}
