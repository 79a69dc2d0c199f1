/** A-FLOW: alarms and clients that do not read. */
import type { AmqpCase } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";

export const FLOW_CASES: readonly AmqpCase[] = [
  {
    id: "A-FLOW-01",
    level: "should",
    requirement:
      "A memory alarm tells publishers connection.blocked and takes no more from them; consumers go on; unblocked follows.",
    source: "RabbitMQ docs connection-blocked",
    requires: ["memory-alarm", "connection.blocked"],
    alone: "it alarms the broker",
    calibrated: "source",
    run: async (t) => {
      const consumer = await (await t.connect()).channel();
      const queue = await t.queue(consumer);
      await t.fill(consumer, queue, ["before"]);
      const publisher = await (await t.connect()).channel();
      publisher.publish("", t.name("nowhere"), "a publisher from now on");
      await publisher.sync();
      await t.setMemoryAlarm(true);
      await t.sleep(500);
      publisher.publish("", queue, "during");
      const { alarms } = publisher.connection;
      const { wire } = publisher.connection;
      await wire.until(() => (alarms.length > 0 ? true : undefined), 20_000, "connection.blocked");
      t.holds(alarms[0]!.startsWith("blocked: "), "connection.blocked with a reason", alarms);
      await consumer.consume(queue, { noAck: true });
      t.equal((await consumer.delivery()).text, "before", "delivery during the alarm");
      publisher.publish("", queue, "blocked");
      await t.sleep(300);
      await t.setMemoryAlarm(false);
      await wire.until(
        () => (alarms.includes("unblocked") ? true : undefined),
        20_000,
        "connection.unblocked",
      );
      t.equal(
        (await consumer.take(2)).map(({ text }) => text),
        ["during", "blocked"],
        "deliveries after the alarm",
      );
    },
  },
  {
    id: "A-FLOW-02",
    level: "must",
    requirement: "A client that stops reading delays no other consumer, and its messages are not lost.",
    source: "derived; RabbitMQ TCP backpressure",
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.confirmingChannel();
      const exchange = await t.exchange(channel, "fanout");
      const [slow, quick] = [await t.queue(channel), await t.queue(channel)];
      for (const queue of [slow, quick]) await t.bind(channel, queue, exchange);
      const deaf = await (await t.connect()).channel();
      await deaf.consume(slow);
      deaf.connection.wire.socket.pause();
      const reader = await (await t.connect()).channel();
      await reader.consume(quick, { noAck: true });
      const body = Buffer.alloc(64 * 1024, 1);
      for (let count = 0; count < 300; count++) {
        channel.publish(exchange, "", body);
        if (count % 20 === 19) await channel.settled();
      }
      await reader.take(300);
      deaf.connection.kill();
      await t.awaitCount(channel, slow, 300, 20_000);
    },
  },
];
