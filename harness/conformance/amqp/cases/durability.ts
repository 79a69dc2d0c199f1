/** A-DUR: what survives a stop and a kill. Each restarts the broker. */
import { ConformanceFailure } from "../../../src/conform/failure.ts";
import type { AmqpCase, AmqpContext } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";
const PERSISTENT = { deliveryMode: 2 };

export const DURABILITY_CASES: readonly AmqpCase[] = [
  {
    id: "A-DUR-01",
    level: "must",
    requirement:
      "After a graceful restart: confirmed persistent messages are there in order, acknowledged ones are not.",
    source: "RabbitMQ docs persistence-conf; LavinMQ publish_confirm_persistence",
    requires: ["restart", "publisher_confirms"],
    alone: "it restarts the broker",
    kills: ["restart-loses-messages", "restart-loses-acks"],
    calibrated: RABBITMQ_4,
    run: (t) => survives(t, "graceful"),
  },
  {
    id: "A-DUR-01b",
    level: "must",
    requirement: "After a kill of the process: confirmed persistent messages are there in order.",
    source: "RabbitMQ docs confirms",
    requires: ["restart", "publisher_confirms"],
    alone: "it kills the broker",
    kills: ["confirm-before-write"],
    calibrated: RABBITMQ_4,
    run: (t) => survives(t, "kill"),
  },
  {
    id: "A-DUR-01c",
    level: "must",
    requirement: "Bodies of many sizes and bytes survive a kill unchanged.",
    source: "RabbitMQ 545abce, f363854 (store scanner)",
    requires: ["restart", "publisher_confirms"],
    alone: "it kills the broker",
    kills: ["confirm-before-write", "properties-dropped"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.confirmingChannel();
      const queue = await t.queue(channel);
      const bodies = [0, 1, 4095, 4096, 4097, 65_536, 300_000].flatMap((bytes) => [
        Buffer.alloc(bytes, 0xff),
        Buffer.alloc(bytes, 0),
        Buffer.from(Array.from({ length: bytes }, () => t.random() & 255)),
      ]);
      for (const body of bodies)
        channel.publish("", queue, body, { properties: { ...PERSISTENT, headers: { size: body.length } } });
      await channel.settled();
      await t.definitionsWritten();
      await t.restart("kill");
      const after = await t.channel();
      for (const body of bodies) {
        const message = await after.getWithin(queue);
        t.equal(message?.headers.size, body.length, "size in the headers");
        t.holds(
          message!.body.equals(body),
          `${body.length} bytes unchanged`,
          `${message!.body.length} bytes, or changed`,
        );
      }
      t.equal(await after.get(queue), null, "further messages");
    },
  },
  {
    id: "A-DUR-01d",
    level: "must",
    requirement:
      "Messages that expired while the broker was down are dead-lettered or dropped, never delivered.",
    source: "RabbitMQ docs ttl; LavinMQ #1714",
    requires: ["restart", "publisher_confirms"],
    alone: "it restarts the broker",
    kills: ["restart-forgets-deadline"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.confirmingChannel();
      const dead = await t.queue(channel);
      const queue = await t.queue(channel, {
        arguments: { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead },
      });
      await channel.publishConfirmed("", queue, "expires", {
        properties: { ...PERSISTENT, expiration: "300" },
      });
      await channel.publishConfirmed("", queue, "lives", {
        properties: { ...PERSISTENT, expiration: "600000" },
      });
      await t.restart("graceful");
      await t.sleep(400);
      const after = await t.channel();
      t.equal(await t.drain(after, queue), ["lives"], "messages of the queue");
      t.equal((await after.getWithin(dead)).text, "expires", "dead letter");
    },
  },
  {
    id: "A-DUR-02",
    level: "should",
    requirement:
      "After a loss of power confirmed persistent messages are there, where the durability class is fsync.",
    source: "RabbitMQ docs compare/kafka",
    requires: ["power-cut"],
    alone: "it cuts the broker's power",
    calibrated: "source",
    run: (t) => survives(t, "kill"),
  },
];

async function survives(t: AmqpContext, how: "graceful" | "kill"): Promise<void> {
  const channel = await t.confirmingChannel();
  const queue = await t.queue(channel);
  for (let count = 0; count < 400; count++)
    channel.publish("", queue, `${count}`, { properties: PERSISTENT });
  await channel.settled();
  const consumer = await t.channel();
  for (let count = 0; count < 100; count++) {
    const message = await consumer.getWithin(queue, false);
    if (count % 2 === 0) consumer.ack(message.tag);
  }
  await consumer.sync();
  if (how === "kill") await t.definitionsWritten();
  await t.restart(how);
  const seen = (await t.drain(await t.channel(), queue)).map(Number);
  const expected = Array.from({ length: 400 }, (_, index) => index).filter(
    (index) => index >= 100 || index % 2 === 1,
  );
  const lost = expected.filter((index) => !seen.includes(index));
  t.equal(lost, [], "confirmed messages lost");
  t.equal(
    [...seen].sort((a, b) => a - b),
    seen,
    "order",
  );
  if (how === "kill") return;
  const back = seen.filter((index) => !expected.includes(index));
  if (back.length > 0)
    throw new ConformanceFailure("no acknowledged message after a graceful restart", back.join(" "));
}
