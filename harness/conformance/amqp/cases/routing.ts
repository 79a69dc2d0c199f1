/** A-EXCH: what reaches which queue. */
import { accept } from "../../../src/conform/case.ts";
import type { Channel } from "../client/channel.ts";
import { field } from "../client/field-table.ts";
import type { AmqpCase, AmqpContext } from "../context.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";

export const ROUTING_CASES: readonly AmqpCase[] = [
  {
    id: "A-EXCH-12",
    level: "must",
    requirement:
      "A direct exchange delivers exactly where the routing key equals the binding's, byte for byte.",
    source: "AMQP 0-9-1 3.1.3.1",
    kills: ["direct-key-trimmed"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const exchange = await t.exchange(channel, "direct");
      const queue = await t.queue(channel);
      await t.bind(channel, queue, exchange, "Key.one");
      for (const key of ["Key.one", "key.one", "Key", "Key.one.more", "Key.*", "", "Key.one "]) {
        channel.publish(exchange, key, key);
      }
      await channel.sync();
      t.equal(await t.drain(channel, queue), ["Key.one"], "routing keys that were delivered");
    },
  },
  {
    id: "A-EXCH-13",
    level: "must",
    requirement: "A fanout exchange delivers to every queue bound, whatever the key and the headers.",
    source: "AMQP 0-9-1 3.1.3.2",
    kills: ["fanout-by-key"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const exchange = await t.exchange(channel, "fanout");
      const queues = [await t.queue(channel), await t.queue(channel), await t.queue(channel)];
      for (const [index, queue] of queues.entries()) await t.bind(channel, queue, exchange, `key${index}`);
      channel.publish(exchange, "key1", "one");
      channel.publish(exchange, "", "two", { properties: { headers: { "x-match": "any" } } });
      await channel.sync();
      for (const queue of queues)
        t.equal(await t.drain(channel, queue), ["one", "two"], "messages of each queue");
    },
  },
  {
    id: "A-EXCH-14",
    level: "must",
    requirement:
      "A topic exchange matches word by word: * is one word, # is none or more, and empty words are words.",
    source: "AMQP 0-9-1 3.1.3.3; RabbitMQ topic exchange",
    kills: ["hash-needs-a-word", "star-matches-many"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const keys = ["", "a", "a.b", "a.b.c", "a..b", "..", ".", "b", "a.c.b", "x".repeat(255)];
      const patterns = [
        "",
        "a",
        "*",
        "#",
        "a.#",
        "a.*",
        "#.b",
        "*.b",
        "a.#.b",
        "#.#",
        "*.#",
        "#.*",
        "a.*.b",
        "*.*.*",
        "a..b",
        "#.a.#",
        "*.",
        "x".repeat(255),
      ];
      await matchesReference(t, patterns, keys);
    },
  },
  {
    id: "A-EXCH-14b",
    level: "must",
    requirement: "A topic exchange agrees with a reference matcher on random patterns and keys.",
    source: "AMQP 0-9-1 3.1.3.3; RabbitMQ topic exchange",
    kills: ["hash-needs-a-word"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const words = ["a", "b", "c", "", "a"];
      const wild = [...words, "*", "#", "#", "*"];
      const make = (from: readonly string[]): string =>
        Array.from({ length: 1 + t.below(4) }, () => from[t.below(from.length)]!).join(".");
      const patterns = [...new Set(Array.from({ length: 40 }, () => make(wild)))];
      const keys = [...new Set(Array.from({ length: 40 }, () => make(words)))];
      await matchesReference(t, patterns, keys);
    },
  },
  {
    id: "A-EXCH-15",
    level: "must",
    requirement:
      "A headers exchange matches all or any of the binding's headers, all unless told; x- headers count only with all-with-x and any-with-x; another x-match is 406.",
    source: "AMQP 0-9-1 3.1.3.4; RabbitMQ headers exchange",
    outcomes: { "x-match=some": accept("CHAN 406") },
    kills: ["headers-any-as-all"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const exchange = await t.exchange(channel, "headers");
      const bindings = {
        all: { "x-match": "all", a: 1, b: "two" },
        byDefault: { a: 1, b: "two" },
        any: { "x-match": "any", a: 1, b: "two" },
        presence: { "x-match": "all", a: null },
        withX: { "x-match": "all-with-x", a: 1, "x-part": "y" },
        withoutX: { "x-match": "all", a: 1, "x-part": "y" },
        anyWithX: { "x-match": "any-with-x", "x-part": "y" },
      };
      const queues = await boundQueues(t, channel, exchange, Object.entries(bindings));
      const messages = {
        both: { a: 1, b: "two", c: "more" },
        one: { a: 1 },
        other: { a: 2, b: "2" },
        none: {},
        x: { a: 1, "x-part": "y" },
        onlyX: { "x-part": "y" },
        long: { a: field("l", 1n), b: "two" },
      };
      for (const [name, headers] of Object.entries(messages)) {
        channel.publish(exchange, "ignored", name, { properties: { headers } });
      }
      await channel.sync();
      const seen = await drainAll(t, channel, queues);
      t.equal(
        {
          ...seen,
          all: without(seen.all, "long"),
          byDefault: without(seen.byDefault, "long"),
          any: seen.any,
        },
        {
          all: ["both"],
          byDefault: ["both"],
          any: ["both", "one", "x", "long"],
          presence: ["both", "one", "other", "x", "long"],
          withX: ["x"],
          withoutX: without(seen.withoutX, "never"),
          anyWithX: ["x", "onlyX"],
        },
        "messages of each binding",
      );
      t.equal(without(seen.withoutX, "long"), ["both", "one", "x"], "x- headers do not count in all");
      const bad = await t.channel();
      const queue = queues[0]![1];
      t.observe(
        "x-match=some",
        await bad.provoke("queue.bind", { queue, exchange, arguments: { "x-match": "some" } }),
      );
    },
  },
  {
    id: "A-EXCH-16",
    level: "must",
    requirement: "The same binding twice is one binding; a queue matched by many bindings gets one copy.",
    source: "AMQP 0-9-1 rules queue.bind#duplicates, queue.bind#unique",
    kills: ["copy-per-binding"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const exchange = await t.exchange(channel, "topic");
      const queue = await t.queue(channel);
      for (const pattern of ["a.b", "a.b", "a.*", "#", "*.b", "a.#"])
        await t.bind(channel, queue, exchange, pattern);
      channel.publish(exchange, "a.b", "once");
      await channel.sync();
      t.equal(await t.drain(channel, queue), ["once"], "copies");
      await channel.call("queue.unbind", { queue, exchange, routingKey: "a.b" });
      for (const pattern of ["a.*", "#", "*.b", "a.#"]) {
        await channel.call("queue.unbind", { queue, exchange, routingKey: pattern });
      }
      channel.publish(exchange, "a.b", "unbound");
      await channel.sync();
      t.equal(await t.drain(channel, queue), [], "messages after the doubled binding was removed once");
    },
  },
  {
    id: "A-EXCH-17",
    level: "must",
    requirement: "Bindings between exchanges route; cycles end; a queue reached on many paths gets one copy.",
    source: "RabbitMQ exchange-to-exchange bindings",
    requires: ["exchange_exchange_bindings"],
    kills: ["exchange-bindings-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const [first, second, third] = [
        await t.exchange(channel, "topic"),
        await t.exchange(channel, "fanout"),
        await t.exchange(channel, "fanout"),
      ];
      await t.bindExchange(channel, second, first, "a.#");
      await t.bindExchange(channel, third, second);
      await t.bindExchange(channel, first, third, "back");
      await t.bindExchange(channel, third, first, "a.b");
      const queue = await t.queue(channel);
      const near = await t.queue(channel);
      await t.bind(channel, queue, third);
      await t.bind(channel, near, second);
      await t.bind(channel, near, third);
      channel.publish(first, "a.b", "round");
      channel.publish(first, "b", "elsewhere");
      await channel.sync();
      t.equal(await t.drain(channel, queue), ["round"], "copies at the end of the path");
      t.equal(await t.drain(channel, near), ["round"], "copies where two paths meet");
      await channel.call("exchange.unbind", { destination: second, source: first, routingKey: "a.#" });
      channel.publish(first, "a.c", "cut");
      await channel.sync();
      t.equal(await t.drain(channel, queue), [], "messages after unbinding");
    },
  },
  {
    id: "A-EXCH-18",
    level: "must",
    requirement:
      "An alternate exchange gets what is unroutable; a mandatory message that it routes is not returned.",
    source: "RabbitMQ docs alternate exchanges",
    kills: ["alternate-exchange-ignored"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const alternate = await t.exchange(channel, "fanout");
      const exchange = await t.exchange(channel, "direct", {
        arguments: { "alternate-exchange": alternate },
      });
      const [queue, leftOver] = [await t.queue(channel), await t.queue(channel)];
      await t.bind(channel, queue, exchange, "known");
      channel.publish(exchange, "unknown", "nobody", { mandatory: true });
      const returned = await channel.returned();
      t.equal(returned.text, "nobody", "returned while the alternate exchange routes nowhere");
      await t.bind(channel, leftOver, alternate);
      channel.publish(exchange, "known", "known", { mandatory: true });
      channel.publish(exchange, "unknown", "unknown", { mandatory: true });
      await channel.sync();
      t.equal(await t.drain(channel, queue), ["known"], "messages of the queue");
      t.equal(await t.drain(channel, leftOver), ["unknown"], "messages of the alternate exchange");
      t.equal(channel.returns, [], "returns");
    },
  },
  {
    id: "A-EXCH-19",
    level: "must",
    requirement:
      "CC and BCC add routing keys, BCC is stripped, no queue gets two copies, and a CC that is no array is 406.",
    source: "RabbitMQ docs sender-selected distribution",
    outcomes: { "CC is a string": accept("CHAN 406") },
    kills: ["properties-dropped"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const exchange = await t.exchange(channel, "direct");
      const queues = [await t.queue(channel), await t.queue(channel), await t.queue(channel)];
      for (const [index, queue] of queues.entries()) await t.bind(channel, queue, exchange, `key${index}`);
      const headers = { CC: ["key1", "key0"], BCC: ["key2", "key1"], other: 1 };
      channel.publish(exchange, "key0", "letter", { properties: { headers } });
      await channel.sync();
      for (const queue of queues) {
        const message = await channel.get(queue);
        t.equal(message?.text, "letter", "message of each addressee");
        t.equal(message?.headers, { CC: ["key1", "key0"], other: 1 }, "headers without BCC");
        t.equal(message?.args.routingKey, "key0", "routing key");
        t.equal(await channel.get(queue), null, "a second copy");
      }
      const bad = await t.channel();
      bad.publish(exchange, "key0", "letter", { properties: { headers: { CC: "key1" } } });
      t.observe("CC is a string", await bad.barrier());
    },
  },
  {
    id: "A-EXCH-21",
    level: "must",
    requirement:
      "An unroutable message is dropped; a mandatory one comes back with 312, body and properties as they were.",
    source: "AMQP 0-9-1 basic.return; RabbitMQ errata 17",
    kills: ["mandatory-ignored", "return-code-313"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const channel = await t.channel();
      const exchange = await t.exchange(channel, "topic");
      channel.publish(exchange, "no.where", "dropped");
      const properties = { contentType: "text/plain", headers: { a: 1 }, messageId: "m" };
      channel.publish(exchange, "no.where", "mandatory", { mandatory: true, properties });
      const returned = await channel.returned();
      t.equal(returned.text, "mandatory", "returned body");
      t.equal(returned.properties, properties, "returned properties");
      const { replyCode, exchange: from, routingKey } = returned.args;
      t.equal([replyCode, from, routingKey], [312, exchange, "no.where"], "reply code, exchange and key");
      await channel.sync();
      t.equal(channel.returns, [], "further returns");
    },
  },
];

async function boundQueues(
  t: AmqpContext,
  channel: Channel,
  exchange: string,
  bindings: readonly (readonly [string, Readonly<Record<string, unknown>>])[],
): Promise<[string, string][]> {
  const queues: [string, string][] = [];
  for (const [name, args] of bindings) {
    const queue = await t.queue(channel);
    await t.bind(channel, queue, exchange, "", args);
    queues.push([name, queue]);
  }
  return queues;
}

async function drainAll(
  t: AmqpContext,
  channel: Channel,
  queues: readonly (readonly [string, string])[],
): Promise<Record<string, string[]>> {
  const seen: Record<string, string[]> = {};
  for (const [name, queue] of queues) seen[name] = await t.drain(channel, queue);
  return seen;
}

function without(bodies: readonly string[] | undefined, body: string): string[] {
  return (bodies ?? []).filter((other) => other !== body);
}

/** Every key once to queues bound by one pattern each. */
async function matchesReference(
  t: AmqpContext,
  patterns: readonly string[],
  keys: readonly string[],
): Promise<void> {
  const channel = await t.channel();
  const exchange = await t.exchange(channel, "topic");
  const queues: [string, string][] = [];
  for (const pattern of patterns) {
    const queue = await t.queue(channel, { durable: false, exclusive: true });
    await t.bind(channel, queue, exchange, pattern);
    queues.push([pattern, queue]);
  }
  for (const key of keys) channel.publish(exchange, key, key === "" ? "(empty)" : key);
  await channel.sync();
  for (const [pattern, queue] of queues) {
    const expected = keys.filter((key) => topicMatches(words(pattern), words(key)));
    const shown = expected.map((key) => (key === "" ? "(empty)" : key).slice(0, 256));
    t.equal(await t.drain(channel, queue), shown, `keys that ${JSON.stringify(pattern)} matches`);
  }
}

/** An empty key has no words. */
function words(key: string): string[] {
  return key === "" ? [] : key.split(".");
}

/** The definition, word by word. */
export function topicMatches(pattern: readonly string[], key: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return key.length === 0;
  if (head === "#") return topicMatches(rest, key) || (key.length > 0 && topicMatches(pattern, key.slice(1)));
  return key.length > 0 && (head === "*" || head === key[0]) && topicMatches(rest, key.slice(1));
}
