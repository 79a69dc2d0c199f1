/** What is scraped is what happened; names follow the rules; the dashboard asks for nothing that there is not. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { StatisticTable } from "../../../../src/base/statistics.ts";
import { LOG_STATISTICS } from "../../../../src/engines/log/statistics.ts";
import { QUEUE_ENGINE_STATISTICS } from "../../../../src/engines/queues/statistics.ts";
import { STORAGE_STATISTICS } from "../../../../src/mechanisms/measured-file-system.ts";
import { TIMER_STATISTICS } from "../../../../src/mechanisms/timer-statistics.ts";
import { metricName } from "../../../../src/protocols/http/metrics/metrics.ts";
import { PROCESS_STATISTICS } from "../../../../src/protocols/http/metrics/process-statistics.ts";
import { HTTP_STATISTICS } from "../../../../src/protocols/http/statistics.ts";
import { CONNECTION_STATISTICS } from "../../../../src/server/connection-statistics.ts";
import { AmqpClient } from "../../../support/amqp-connection.ts";
import { Connection } from "../../../support/connection.ts";
import { fetchAll } from "../../../support/client.ts";
import { HttpBroker } from "../http-broker.ts";

let broker: HttpBroker;

before(async () => {
  broker = await HttpBroker.start();
});
after(() => broker?.process.discard());

/** Values by name with labels. */
async function scrape(path = "/metrics"): Promise<Map<string, number>> {
  const { text, headers } = await broker.get(path);
  assert.match(headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^([^#]\S*(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    if (name !== undefined) values.set(name, Number(value));
  }
  return values;
}

test("records and reads of topics are counted, for all and for each, and outlive the topic", async () => {
  const before = await scrape();
  await broker.produce("counted", [{ value: "one" }, { value: "two" }]);
  await broker.produce("counted", [{ value: "three" }]);
  const kafka = await Connection.open("127.0.0.1", broker.process.port);
  const stored = await fetchAll(kafka, "counted", 0);
  kafka.close();
  const now = await scrape();
  const risen = (name: string) => now.get(name)! - before.get(name)!;
  assert.equal(risen("brokermark_kafka_appended_records_total"), 3);
  assert.equal(risen("brokermark_kafka_appended_batches_total"), 2);
  assert.equal(risen("brokermark_kafka_appended_bytes_total"), stored.length);
  assert.equal(risen("brokermark_kafka_read_bytes_total"), stored.length);
  assert.equal(risen("brokermark_kafka_tail_cache_reads_total") > 0, true);
  assert.equal(risen("brokermark_http_published_records_total"), 3);
  const objects = await scrape("/metrics/per-object");
  assert.equal(objects.get('brokermark_topic_records{topic="counted"}'), 3);
});

test("what becomes of messages is counted, for all and for each queue, and the total outlives the queue", async () => {
  const client = await AmqpClient.open((await broker.process.amqp).port);
  await client.openChannel(1);
  client.send(1, "queue.declare", {
    ...{ queue: "q", passive: false, durable: false, exclusive: false, autoDelete: false, noWait: false },
    arguments: [["x-max-length", { type: "I", value: 3 }]],
  });
  await client.expect(1, "queue.declare-ok");
  for (let i = 0; i < 4; i++) await broker.publish("amq.default", { routing_key: "q", payload: "12345" });
  client.send(1, "basic.get", { queue: "q", noAck: false });
  const { deliveryTag } = await client.expect(1, "basic.get-ok");
  await client.content(1);
  client.send(1, "basic.ack", { deliveryTag, multiple: false });
  client.send(1, "queue.purge", { queue: "q", noWait: false });
  await client.expect(1, "queue.purge-ok");
  await broker.publish("amq.default", { routing_key: "q", payload: "12345" });
  const objects = await scrape("/metrics/per-object");
  const of = (name: string) => objects.get(`brokermark_queue_${name}{vhost="/",queue="q"}`);
  assert.deepEqual(
    [of("published_messages_total"), of("dropped_messages_total"), of("fetched_messages_total")],
    [5, 1, 1],
  );
  assert.deepEqual([of("acknowledged_messages_total"), of("purged_messages_total")], [1, 2]);
  assert.deepEqual([of("ready_messages"), of("ready_bytes")], [1, 5]);
  client.send(1, "queue.delete", { queue: "q", ifUnused: false, ifEmpty: false, noWait: false });
  await client.expect(1, "queue.delete-ok");
  const totals = await scrape();
  assert.equal(totals.get("brokermark_amqp_published_messages_total"), 5);
  assert.equal(totals.get("brokermark_amqp_ready_messages"), 0);
  assert.equal(
    (await scrape("/metrics/per-object")).has('brokermark_queue_ready_messages{vhost="/",queue="q"}'),
    false,
  );
  client.destroy();
});

test("the process is described", async () => {
  const values = await scrape();
  const value = (name: string) => values.get(`brokermark_process_${name}`)!;
  assert.ok(value("resident_memory_bytes") > 10_000_000);
  assert.ok(value("cpu_user_seconds_total") > 0);
  assert.ok(value("event_loop_delay_max_seconds") >= value("event_loop_delay_p50_seconds"));
  if (process.platform === "linux") assert.ok(value("open_descriptors") > 5);
});

test("scrapes at the same time do not mix", async () => {
  const texts = await Promise.all(Array.from({ length: 8 }, () => broker.get("/metrics/per-object")));
  for (const { text } of texts) assert.equal(text, texts[0]!.text);
});

const TABLES: Readonly<Record<string, StatisticTable>> = {
  kafka: { ...LOG_STATISTICS, ...CONNECTION_STATISTICS },
  amqp: { ...QUEUE_ENGINE_STATISTICS, ...CONNECTION_STATISTICS },
  ...{ timers: TIMER_STATISTICS, storage: STORAGE_STATISTICS },
  ...{ http: HTTP_STATISTICS, process: PROCESS_STATISTICS },
};

test("every statistic is a metric whose name ends with its unit, and says what it is", async () => {
  const values = await scrape();
  for (const [prefix, table] of Object.entries(TABLES)) {
    for (const [name, statistic] of Object.entries(table)) {
      const metric = metricName(prefix, name, statistic);
      assert.ok(values.has(metric), `${metric} is not scraped`);
      if (statistic.unit !== "things") assert.match(metric, new RegExp(`_${statistic.unit}(_total)?$`));
      assert.ok(statistic.help.length > 5 && !statistic.help.endsWith("."), `${name}: ${statistic.help}`);
    }
  }
});

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

test("the dashboard asks for metrics that there are, and for rates of counters only", async () => {
  const dashboard = JSON.parse(
    readFileSync(new URL("../../../../grafana/brokermark.json", import.meta.url), "utf8"),
  ) as { panels: readonly Panel[] };
  await broker.produce("shown", [{ value: 1 }]);
  const names = new Set<string>();
  for (const path of ["/metrics", "/metrics/per-object"]) {
    const { text } = await broker.get(path);
    for (const [, name] of text.matchAll(/^# TYPE (\S+)/gm)) names.add(name!);
  }
  const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  assert.ok(expressions.length > 20);
  for (const expression of expressions) {
    const asked = [...expression.matchAll(/brokermark_\w+/g)].map(([name]) => name);
    assert.ok(asked.length > 0, expression);
    for (const name of asked) assert.ok(names.has(name), `${name} is no metric: ${expression}`);
    for (const [, name] of expression.matchAll(/rate\((\w+)/g)) assert.match(name!, /_total$/);
    for (const name of asked.filter((one) => one.endsWith("_total"))) {
      assert.match(expression, new RegExp(`(rate|increase)\\(${name}`), `${name} only rises`);
    }
  }
});
