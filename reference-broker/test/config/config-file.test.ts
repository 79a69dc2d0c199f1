import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { describeChanges, describeConfig } from "../../src/config/describe-config.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { type BrokerConfig, brokerOptions, environmentName, optionNames } from "../../src/config/schema.ts";

const directory = mkdtempSync(path.join(tmpdir(), "brokermark-config-"));
after(() => rmSync(directory, { recursive: true, force: true }));

const FILE = path.join(directory, "broker.toml");

async function load(
  text: string,
  argv: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
): Promise<BrokerConfig> {
  writeFileSync(FILE, text);
  const request = await loadConfig(["--config", FILE, ...argv], environment);
  assert.equal(request.action, "start");
  return (request as { config: BrokerConfig }).config;
}

/** What is said of a file, without its directory. */
async function complaintAbout(text: string): Promise<string> {
  const failed = await load(text).then(
    () => assert.fail("it was taken"),
    (error: Error & { code: string }) => error,
  );
  assert.equal(failed.code, "BAD_OPTION");
  return failed.message.replaceAll(FILE, "broker.toml");
}

test("a file assigns by section and key, in every way that TOML writes them", async () => {
  const config = await load(`# a broker
profile = "durable"
storage.data_dir = "/var/lib/broker"

[server]
port = 19_092 # a comment
"amqp_port" = "off"
max_connections = 0x10

[memory]
page_at_fraction = 0.95
[queues]
overflow_policy = 'drop-new'

[topics]
segment.bytes = 1048576
"retention.ms" = -1
cleanup.policy = """
delete"""

[users]
alice = "a:b"
"b.c" = "secret"
`);
  assert.equal(config.profile, "durable");
  assert.equal(config.dataDir, "/var/lib/broker");
  assert.equal(config.port, 19_092);
  assert.equal(config.amqpPort, "off");
  assert.equal(config.maxConnections, 16);
  assert.equal(config.pageAtFraction, 0.95);
  assert.equal(config.overflowPolicy, "drop-new");
  assert.deepEqual(config.topicDefaults, {
    ...{ "segment.bytes": "1048576", "retention.ms": "-1", "cleanup.policy": "delete" },
  });
  assert.deepEqual(config.users, ["alice:a:b", "b.c:secret"]);
});

test("every option takes the same value from file, environment and flag", async () => {
  const ofInterest = ({ assignments, configFile, ...values }: BrokerConfig) => values;
  for (const name of optionNames) {
    const { key, default: fallback } = brokerOptions[name];
    const text = fallback ?? "x";
    const isBare = /^[\d.]+$/.test(text) && name !== "host";
    const ways = [
      await load(`${key} = ${isBare || text === "true" ? text : JSON.stringify(text)}`),
      await load("", [], { [environmentName(name)]: text }),
      await load("", [`--${name}`, text]),
    ];
    for (const way of ways) {
      assert.equal(way.assignments.length, 1);
      assert.deepEqual(ofInterest(way), ofInterest(ways[0]!));
    }
  }
});

test("defaults < profile < file < environment < flags", async () => {
  const argv: string[] = [];
  const environment: NodeJS.ProcessEnv = {};
  const seen: number[] = [];
  const step = async (text: string) => seen.push((await load(text, argv, environment)).memoryLimitBytes);
  await step("");
  await step("profile = 'high-throughput'");
  const file = "profile = 'high-throughput'\nmemory.limit_bytes = 300000000";
  await step(file);
  environment.BROKERMARK_BROKER_MEMORY_LIMIT_BYTES = "400000000";
  await step(file);
  argv.push("--memory-limit-bytes", "500000000");
  await step(file);
  assert.deepEqual(seen, [2 ** 30, 2 ** 31, 300_000_000, 400_000_000, 500_000_000]);
});

test("the file may be named by the environment, and a flag names another", async () => {
  writeFileSync(FILE, "server.port = 7");
  const request = await loadConfig([], { BROKERMARK_BROKER_CONFIG: FILE });
  assert.equal(request.action === "start" && request.config.port, 7);
  assert.equal((await load("server.port = 8", [], { BROKERMARK_BROKER_CONFIG: "/nowhere" })).port, 8);
});

test("a wrong key is named with its line and the right key", async () => {
  const said = await complaintAbout(`
[server]
prot = 9092

[sever]
port = 1

[queues]
max_connections = 5

[storage]
durability = """
disk"""

[topics]
segment.byte = 5
retention.bytes = [
  1,
]
[nothing]
`);
  const expected = [
    "broker.toml:3: server.prot is no option. Did you mean server.port? See --help.",
    "broker.toml:6: sever.port is no option. Did you mean server.port? See --help.",
    "broker.toml:9: queues.max_connections is no option. Did you mean server.max_connections? See --help.",
    "broker.toml:17: topics.retention.bytes: expected one value, not an array or a time",
    "broker.toml:20: nothing is no option. See --help.",
    "broker.toml:12: storage.durability = disk: expected none|os|fsync.",
    "broker.toml:16: topics.segment.byte = 5: Unknown topic config name: segment.byte. Did you mean segment.bytes?",
  ];
  const lines = said.split("\n");
  assert.equal(lines.length, expected.length, said);
  for (const [i, text] of expected.entries()) assert.ok(lines[i]!.startsWith(text), lines[i]);
});

test("settings of topics and users are known by where they belong", async () => {
  assert.match(await complaintAbout("segment.bytes = 5"), /Did you mean topics\.segment\.bytes\?/);
  assert.match(
    await complaintAbout("[users]\n'a:b' = 'c'"),
    /broker\.toml:2: users\.a:b: a user's name has no colon/,
  );
  assert.match(await complaintAbout("[[server]]\nport = 1"), /broker\.toml:1: server: expected one value/);
});

test("what is no TOML is told by line and column", async () => {
  assert.match(await complaintAbout("[server]\nport = \n"), /^broker\.toml:2:\d+: not TOML: \w/);
  assert.match(await complaintAbout("a = 1\na = 2\n"), /^broker\.toml:2:\d+: not TOML: /);
  const missing = loadConfig(["--config", path.join(directory, "none.toml")], {});
  await assert.rejects(missing, { code: "BAD_OPTION", message: /none\.toml: cannot be read \(ENOENT\)/ });
  await assert.rejects(loadConfig(["--config", directory], {}), { code: "BAD_OPTION", message: /EISDIR/ });
  assert.match(await complaintAbout(`# ${"x".repeat(70_000)}`), /larger than 65536 bytes/);
});

/** Sections and keys of the brokers this one takes its names from. */
const SEED = `[server]
bind_addr = "0.0.0.0:7878"
max_connections = 10000
max_message_size_bytes = 4194304
[queues]
topic_capacity = 65536
subscriber_capacity = 8192
overflow_policy = "drop_oldest"
[wal]
directory = "/var/log/broker"
flush_interval_ms = 100
[delivery]
max_batch = 256
max_batch_bytes = 1048576
flush_interval_ms = 5
fanout_shards = 8
default_ttl_ms = 300000
[performance]
enable_timer_wheel = true
warm_up_pools = true
[performance.cpu_affinity]
enable_affinity = true
[performance.network_optimizations]
send_buffer_size = 131072
`;

test("a key that cannot act is refused with the reason, a renamed one with its name", async () => {
  const lines = (await complaintAbout(SEED)).split("\n");
  const expected = [
    /:2: server\.bind_addr is no option: server\.host and server\.port are two keys here$/,
    /:6: queues\.topic_capacity is no option: publishing goes straight into queues/,
    /:10: wal\.directory is no option: it is storage\.data_dir here$/,
    /:11: wal\.flush_interval_ms is no option: it is storage\.flush_interval_ms here$/,
    /:14: delivery\.max_batch_bytes is no option: batches are what a turn/,
    /:15: delivery\.flush_interval_ms is no option: deliveries are sent/,
    /:16: delivery\.fanout_shards is no option: one thread serves/,
    /:19: performance\.enable_timer_wheel is no option: this is how the broker works/,
    /:20: performance\.warm_up_pools is no option: the few pools/,
    /:22: performance\.cpu_affinity\.enable_affinity is no option: Node\.js cannot bind/,
    /:24: performance\.network_optimizations\.send_buffer_size is no option: Node\.js cannot set/,
    /:8: queues\.overflow_policy = drop_oldest: expected drop-head\|/,
  ];
  assert.equal(lines.length, expected.length, lines.join("\n"));
  for (const [i, pattern] of expected.entries()) assert.match(lines[i]!, pattern);
});

test("the effective configuration says where each value comes from, and no password", async () => {
  const config = await load(
    "profile = 'durable'\n[server]\nport = 0\n[topics]\nsegment.bytes = 1048576\n[users]\nalice = 'wonder'\n",
    ["--set", "retention.ms=7", "--user", "bob:builder", "--max-batch", "9"],
    { BROKERMARK_BROKER_LOG_LEVEL: "warn" },
  );
  const effective = describeConfig(config);
  assert.equal(effective.profile, "durable");
  assert.equal(effective.file, FILE);
  const { options } = effective;
  assert.deepEqual(options["server.port"], { value: 0, source: "file", place: `${FILE}:3` });
  assert.deepEqual(options["server.amqp_port"], { value: 0, source: "default" });
  assert.deepEqual(options["server.advertised_host"], { value: "127.0.0.1", source: "default" });
  assert.deepEqual(options["tls.cert"], { value: null, source: "default" });
  assert.deepEqual(options["storage.durability"], {
    ...{ value: "fsync", source: "profile", place: "profile durable" },
  });
  assert.deepEqual(options["logging.level"], {
    ...{ value: "warn", source: "environment", place: "BROKERMARK_BROKER_LOG_LEVEL" },
  });
  assert.deepEqual(options["delivery.max_batch"], { value: 9, source: "flag", place: "--max-batch" });
  assert.deepEqual(effective.topics, {
    "segment.bytes": { value: "1048576", source: "file", place: `${FILE}:5` },
    "retention.ms": { value: "7", source: "flag", place: "--set" },
  });
  assert.deepEqual(effective.users, {
    alice: { source: "file", place: `${FILE}:7` },
    bob: { source: "flag", place: "--user" },
  });
  assert.doesNotMatch(JSON.stringify(effective), /wonder|builder/);
  const changed = Object.keys(describeChanges(config));
  assert.deepEqual(changed.sort(), [
    ...["delivery.max_batch", "logging.level", "profile"],
    ...["queues.overflow_policy", "server.port", "storage.durability"],
  ]);
});

const ENTRY = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

test("--check-config says what would be in effect, or what is wrong, and starts nothing", () => {
  const check = () => spawnSync(process.execPath, [ENTRY, "--check-config", FILE], { encoding: "utf8" });
  writeFileSync(FILE, "[server]\nport = 5\n");
  const good = check();
  assert.equal(good.status, 0, good.stderr);
  assert.equal(good.stderr, "");
  const effective = JSON.parse(good.stdout);
  assert.deepEqual(effective.options["server.port"], { value: 5, source: "file", place: `${FILE}:2` });
  writeFileSync(FILE, "[server]\nprot = 5\n");
  const bad = check();
  assert.equal(bad.status, 2);
  assert.equal(bad.stdout, "");
  assert.equal(bad.stderr, `${FILE}:2: server.prot is no option. Did you mean server.port? See --help.\n`);
});
