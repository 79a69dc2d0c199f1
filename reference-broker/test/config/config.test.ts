import assert from "node:assert/strict";
import { test } from "node:test";
import { helpText } from "../../src/config/help.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { profiles } from "../../src/config/profiles.ts";
import { findRefusal, findRenamed } from "../../src/config/refused-keys.ts";
import { brokerOptions, type BrokerConfig, optionNames, profileNames } from "../../src/config/schema.ts";

async function parse(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<BrokerConfig> {
  const request = await loadConfig(argv, environment);
  assert.equal(request.action, "start");
  return (request as { config: BrokerConfig }).config;
}

test("flags win over the environment, which wins over the profile, which wins over the defaults", async () => {
  const environment = { BROKERMARK_BROKER_PORT: "1" };
  assert.equal((await parse([])).port, 9092);
  assert.equal((await parse([], environment)).port, 1);
  assert.equal((await parse(["--port", "2"], environment)).port, 2);
  assert.equal((await parse(["--host", "::1"])).advertisedHost, "::1");
  const { topicDefaults } = await parse(["--set", "segment.bytes=1048576"], {
    BROKERMARK_BROKER_SET: "segment.bytes=2097152 retention.ms=5",
  });
  assert.deepEqual(topicDefaults, { "segment.bytes": "1048576", "retention.ms": "5" });
});

test("what is wrong is named with what was meant", async () => {
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [["--durabilty", "os"], /mean --durability/],
    [["--durability", "disk"], /none\|os\|fsync/],
    [["--port", "65536"], /0\.\.65535/],
    [["--port", "1e3"], /--port 1e3/],
    [["--port"], /port/],
    [["--set", "segment.byte=1048576"], /mean segment\.bytes/],
    [["--set", "segment.bytes"], /NAME=VALUE/],
    [["extra"], /extra/],
    [["--amqp-port", "on"], /--amqp-port on: expected PORT\|off/],
    [["--amqp-tls-port", "5671"], /--tls-cert and --tls-key/],
    [["--user", "nobody"], /expected NAME:PASSWORD/],
    [["--usr", "a:b"], /mean --user/],
    [["--profile", "fast"], /--profile fast: expected development\|/],
    [["--page-at-fraction", "0.7"], /--page-to-fraction 0\.8: expected less than --page-at-fraction, 0\.7/],
    [["--fanout-shards", "8"], /'--fanout-shards': one thread serves/],
    [["--max-message-size", "8"], /'--max-message-size': it is --max-message-bytes here/],
  ];
  for (const [argv, message] of refused) {
    await assert.rejects(parse(argv), { code: "BAD_OPTION", message });
  }
});

test("a variable of the environment that means nothing is named too", async () => {
  await assert.rejects(parse([], { BROKERMARK_BROKER_PROT: "1" }), {
    code: "BAD_OPTION",
    message: "BROKERMARK_BROKER_PROT is no option. Did you mean BROKERMARK_BROKER_PORT? See --help.",
  });
  await assert.rejects(
    parse([], { BROKERMARK_BROKER_ENABLE_AFFINITY: "true", BROKERMARK_BROKER_PORT: "x" }),
    {
      message: /^BROKERMARK_BROKER_ENABLE_AFFINITY is no option.*\nBROKERMARK_BROKER_PORT=x: expected PORT/,
    },
  );
  assert.equal((await parse([], { BROKERMARK_TEST_TARGET: "kafka" })).port, 9092);
});

test("AMQP has its usual port, a free one beside a free one for Kafka, or none", async () => {
  assert.equal((await parse([])).amqpPort, 5672);
  assert.equal((await parse(["--port", "0"])).amqpPort, 0);
  assert.equal((await parse(["--port", "0", "--amqp-port", "5673"])).amqpPort, 5673);
  assert.equal((await parse(["--amqp-port", "off"])).amqpPort, "off");
  assert.deepEqual((await parse(["--user", "a:b", "--user", "c:d:e"])).users, ["a:b", "c:d:e"]);
});

test("HTTP is off unless somebody or the profile asks for it", async () => {
  assert.equal((await parse([])).httpPort, "off");
  assert.equal((await parse(["--port", "0"])).httpPort, "off");
  assert.equal((await parse(["--http-port", "8080", "--port", "0"])).httpPort, 8080);
  assert.equal((await parse(["--profile", "development"])).httpPort, 15672);
  assert.equal((await parse(["--profile", "development", "--port", "0"])).httpPort, 0);
});

test("help names every option, every profile and every other flag", async () => {
  assert.deepEqual(await loadConfig(["-h"], {}), { action: "help" });
  const help = helpText();
  for (const [name, { key }] of Object.entries(brokerOptions)) {
    assert.ok(help.includes(`--${name} `));
    assert.ok(help.includes(`  ${key}\n`));
  }
  for (const name of ["--config FILE", "--check-config FILE", "--set NAME=VALUE", "--user ", "--help"]) {
    assert.ok(help.includes(name));
  }
  for (const name of profileNames) assert.ok(help.includes(`  ${name}\n`));
});

test("every profile assigns values that their options take, and mixed assigns none", async () => {
  for (const name of profileNames) {
    const config = await parse(["--profile", name]);
    assert.equal(config.profile, name);
    for (const [option, text] of Object.entries(profiles[name])) {
      const given = config.assignments.find((assignment) => assignment.name === option);
      assert.equal(given?.text, text);
    }
  }
  assert.deepEqual(profiles.mixed, {});
  assert.equal((await parse(["--profile", "durable"])).durability, "fsync");
  assert.equal((await parse(["--profile", "durable", "--durability", "os"])).durability, "os");
  assert.equal(
    (await parse(["--profile", "mixed"], { BROKERMARK_BROKER_PROFILE: "durable" })).durability,
    "os",
  );
});

test("keys are told apart, defaults are values, and no key is both an option and refused", () => {
  const keys = optionNames.map((name) => brokerOptions[name].key);
  assert.equal(new Set(keys).size, keys.length);
  for (const name of optionNames) {
    const { key, default: fallback, parse: parseText } = brokerOptions[name];
    if (fallback !== null) assert.notEqual(parseText(fallback), null, name);
    assert.equal(findRefusal(key), null);
    assert.equal(findRenamed(key), null);
  }
});
