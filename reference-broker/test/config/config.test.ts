import assert from "node:assert/strict";
import { test } from "node:test";
import { helpText, parseConfig } from "../../src/config/parse-config.ts";
import { brokerOptions } from "../../src/config/schema.ts";

function parse(argv: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const config = parseConfig(argv, environment);
  assert.ok(config !== "help");
  return config;
}

test("flags win over the environment, which wins over the defaults", () => {
  assert.equal(parse([]).port, 9092);
  assert.equal(parse([], { BROKERMARK_BROKER_PORT: "1" }).port, 1);
  assert.equal(parse(["--port", "2"], { BROKERMARK_BROKER_PORT: "1" }).port, 2);
  assert.equal(parse(["--host", "::1"]).advertisedHost, "::1");
  assert.equal(parse(["--set", "segment.bytes=1048576"]).topicDefaults["segment.bytes"], "1048576");
});

test("what is wrong is named with what was meant", () => {
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
  ];
  for (const [argv, message] of refused) {
    assert.throws(() => parseConfig(argv, {}), { code: "BAD_OPTION", message });
  }
});

test("AMQP has its usual port, a free one beside a free one for Kafka, or none", () => {
  assert.equal(parse([]).amqpPort, 5672);
  assert.equal(parse(["--port", "0"]).amqpPort, 0);
  assert.equal(parse(["--port", "0", "--amqp-port", "5673"]).amqpPort, 5673);
  assert.equal(parse(["--amqp-port", "off"]).amqpPort, "off");
  assert.deepEqual(parse(["--user", "a:b", "--user", "c:d:e"]).users, ["a:b", "c:d:e"]);
});

test("help names every option", () => {
  assert.equal(parseConfig(["-h"], {}), "help");
  for (const name of Object.keys(brokerOptions)) assert.ok(helpText().includes(`--${name} `));
});
