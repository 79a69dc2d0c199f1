/** Each injector does to a real broker what it is named for: seen by counts, lower bounds of time and by memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import kafkajs from "kafkajs";
import type { HttpBroker } from "../protocols/http/http-broker.ts";
import { readProcessCost } from "../support/broker-process.ts";
import { metric, produceBatches, publishConfirmed, startInjected } from "./publishing.ts";

const notLinux = process.platform !== "linux" && "no /proc";

async function withInjected(injectors: readonly string[], use: (broker: HttpBroker) => Promise<void>) {
  const broker = await startInjected(...injectors);
  try {
    await use(broker);
  } finally {
    await broker.process.discard();
  }
}

test("cpu spins so long for so many messages, over both protocols", () =>
  withInjected(["cpu:ns=2000000,every=10"], async (broker) => {
    await produceBatches(broker, 5, 25);
    assert.equal(await metric(broker, "injector_spins_total"), 5);
    const afterKafka = await metric(broker, "injector_spun_seconds_total");
    assert.ok(afterKafka >= 0.024, `${afterKafka} s for 12 times 2 ms`);
    await publishConfirmed(broker, 105, "at-once");
    assert.equal(await metric(broker, "injector_spins_total"), 5 + 11);
    const spun = (await metric(broker, "injector_spun_seconds_total")) - afterKafka;
    assert.ok(spun >= 0.021, `${spun} s for 11 times 2 ms`);
  }));

test("cpu-share spins in proportion to what the broker takes", { skip: notLinux }, () =>
  withInjected(["cpu-share:permille=1000,every=50"], async (broker) => {
    await produceBatches(broker, 1, 50);
    const cpuMs = () => readProcessCost(broker.process.pid)!.cpuMs;
    const cpuBeforeMs = cpuMs();
    await produceBatches(broker, 40, 50);
    await publishConfirmed(broker, 2000, "at-once");
    assert.equal(await metric(broker, "injector_spins_total"), 81);
    const tookMs = cpuMs() - cpuBeforeMs;
    const spunMs = (await metric(broker, "injector_spun_seconds_total")) * 1000;
    // Half of it, in theory. Spins are told by the clock, so a crowded machine makes them look longer; what answers the metrics is not doubled.
    assert.ok(5 * spunMs >= tookMs && spunMs <= 10 * tookMs, `${spunMs} ms spun of ${tookMs} ms`);
  }),
);

test("delay holds every answer so long at least, asleep or by timer", async () => {
  for (const us of [700, 30_000]) {
    await withInjected([`delay:us=${us}`], async (broker) => {
      const times = await produceBatches(broker, 20, 1);
      const confirms = await publishConfirmed(broker, 10, "one-by-one");
      for (const time of [...times, ...confirms.map(({ afterMs }) => afterMs)]) {
        assert.ok(time >= us / 1000, `answer after ${time} ms, delay of ${us} us`);
      }
      assert.equal(await metric(broker, "injector_delayed_answers_total"), 30);
    });
  }
});

test("delay keeps the order of confirms and answers every message once", () =>
  withInjected(["delay:us=3000"], async (broker) => {
    const confirms = await publishConfirmed(broker, 5000, "at-once");
    assert.equal(confirms.at(-1)!.tag, 5000);
  }));

test("stall holds one answer in so many, and what is behind it on its connection", () =>
  withInjected(["stall:every=10,ms=50"], async (broker) => {
    const times = await produceBatches(broker, 25, 1);
    assert.equal(await metric(broker, "injector_stalled_answers_total"), 2);
    for (const time of times.slice(9)) assert.ok(time >= 50, `answer after ${time} ms`);
    const confirms = await publishConfirmed(broker, 25, "one-by-one");
    // Of all answers from the start: the 5th, the 15th and the 25th here.
    for (const at of [4, 14, 24]) assert.ok(confirms[at]!.afterMs >= 50, `${confirms[at]!.afterMs} ms`);
    assert.equal(await metric(broker, "injector_stalled_answers_total"), 5);
    await publishConfirmed(broker, 5000, "at-once");
  }));

test("leak keeps memory, which is really taken", { skip: notLinux }, () =>
  withInjected(["leak:bytes=262144,every=2"], async (broker) => {
    const { pid } = broker.process;
    const before = readProcessCost(pid)!.rssBytes;
    await produceBatches(broker, 10, 50);
    await publishConfirmed(broker, 200, "at-once");
    const leaked = await metric(broker, "injector_leaked_bytes_total");
    assert.equal(leaked, 700 * 131_072);
    const grown = readProcessCost(pid)!.rssBytes - before;
    assert.ok(grown >= leaked * 0.75, `grew by ${grown} bytes, leaked ${leaked}`);
  }),
);

test("slow-start delays the start", () =>
  withInjected(["slow-start:ms=1500"], async (broker) => {
    assert.ok(broker.process.startupMs >= 1500, `started after ${broker.process.startupMs} ms`);
  }));

test("injectors stand in the log, the announcement, the configuration and what Kafka clients are told", () =>
  withInjected(["cpu:ns=100,every=3", "leak:bytes=1"], async (broker) => {
    const given = ["cpu:ns=100,every=3", "leak:bytes=1"];
    const { json } = await broker.get("/config");
    assert.deepEqual(json.injectors, given);
    const announced = broker.process
      .log()
      .split("\n")
      .find((line) => line.includes('"listening"'));
    assert.deepEqual(JSON.parse(announced!).injectors, given);
    const { bootstrap } = broker.process;
    const admin = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    const { resources } = await admin.describeConfigs({
      ...{ includeSynonyms: false, resources: [{ type: kafkajs.ConfigResourceTypes.BROKER, name: "1" }] },
    });
    await admin.disconnect();
    const entry = resources[0]!.configEntries.find(({ configName }) => configName === "brokermark.inject");
    assert.equal(entry?.configValue, given.join(" "));
  }));

test("several injectors at once add up", () =>
  withInjected(["delay:us=2000", "stall:every=3,ms=30", "leak:bytes=65536"], async (broker) => {
    const times = await produceBatches(broker, 6, 1);
    for (const time of times) assert.ok(time >= 2, `answer after ${time} ms`);
    assert.ok(times[2]! >= 32, `the third after ${times[2]} ms`);
    assert.equal(await metric(broker, "injector_leaked_bytes_total"), 6 * 65_536);
  }));

test("without one there is no trace of them", async () => {
  const broker = await startInjected();
  try {
    assert.doesNotMatch((await broker.get("/metrics")).text, /injector/);
    assert.doesNotMatch(broker.process.log(), /"injectors":\[[^\]]/);
  } finally {
    await broker.process.discard();
  }
});

test("an unknown one keeps the broker from starting and is told the nearest", async () => {
  await assert.rejects(startInjected("cpux:ns=5"), /no injector is called .*Did you mean cpu\?/);
  await assert.rejects(startInjected("stall:evry=5,ms=3"), /stall has no evry\. Did you mean every\?/);
});
