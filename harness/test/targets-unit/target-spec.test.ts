import assert from "node:assert/strict";
import { test } from "node:test";
import { TARGETS } from "../../src/targets/catalog.ts";
import { parseEndpoint } from "../../src/targets/external.ts";
import { checkOptions } from "../../src/targets/option-table.ts";
import { readSettings } from "../../src/targets/synthetic/settings.ts";
import { parseTargetSpec, requireProtocol, targetLabel } from "../../src/targets/target-spec.ts";

const usage = (message: RegExp, hint: RegExp) => (error: unknown) => {
  const { code, message: said, hint: hinted } = error as { code: string; message: string; hint: string };
  assert.equal(code, "USAGE");
  assert.match(said, message);
  assert.match(hinted, hint);
  return true;
};

test("a target is a name with options", () => {
  assert.deepEqual(parseTargetSpec("kafka"), { name: "kafka", options: {} });
  assert.deepEqual(parseTargetSpec("kafka:num.io.threads=4,a=b=c"), {
    name: "kafka",
    options: { "num.io.threads": "4", a: "b=c" },
  });
});

test("a comma inside a value survives parsing and label", () => {
  const spec = parseTargetSpec("kafka:list=a\\,b,x=1");
  assert.equal(spec.options.list, "a,b");
  assert.deepEqual(parseTargetSpec(targetLabel(spec)), spec);
});

test("tuned settings have another name than shipped defaults", () => {
  assert.equal(targetLabel(parseTargetSpec("kafka")), "kafka");
  assert.equal(targetLabel(parseTargetSpec("kafka:num.io.threads=4")), "kafka:num.io.threads=4");
});

test("mistakes are named with what was probably meant", () => {
  assert.throws(() => parseTargetSpec("kakfa"), usage(/"kakfa"/, /did you mean "kafka"/));
  assert.throws(() => parseTargetSpec("kafka:fast"), usage(/"fast" is no key=value/, /kafka:key=value/));
  assert.throws(() => parseTargetSpec("kafka:a=1,a=2"), /a is given twice/);
  assert.throws(() => readSettings({ delayms: "5" }), usage(/no option "delayms"/, /did you mean "delayMs"/));
  assert.throws(() => readSettings({ lose: "1.5" }), usage(/lose=1.5: a whole number/, /never delivered/));
  assert.throws(() => checkOptions("null", {}, { x: "1" }), usage(/no option "x"/, /it has none/));
});

test("a Kafka endpoint is host and port, with or without the scheme", () => {
  const parse = (url: string) => parseEndpoint(url, "kafka", undefined);
  assert.deepEqual(parse("kafka://broker.example:9092"), { host: "broker.example", port: 9092 });
  assert.deepEqual(parse("[::1]:9092"), { host: "::1", port: 9092 });
  for (const wrong of [
    ...["localhost", "localhost:0", "localhost:99999", "http://localhost:9092", ":9092"],
    ...["user@localhost:9092", "localhost:9092/path"],
  ]) {
    assert.throws(() => parse(wrong), usage(/no address/, /HOST:PORT/));
  }
});

test("an AMQP endpoint has a login where one is given; a password is no part of the URL", () => {
  const parse = (url: string, password?: string) => parseEndpoint(url, "amqp", password);
  const address = { host: "localhost", port: 5672 };
  assert.deepEqual(parse("localhost:5672"), address);
  assert.deepEqual(parse("amqp://localhost:5672/"), address);
  assert.deepEqual(parse("amqp://a%40b@localhost:5672/x%2Fy", "secret"), {
    ...address,
    login: { user: "a@b", password: "secret", virtualHost: "x/y" },
  });
  assert.throws(() => parse("amqp://a:b@localhost:5672"), usage(/password in the URL/, /AMQP_PASSWORD/));
  assert.throws(() => parse("amqp://localhost:5672/%zz"), usage(/no address/, /HOST:PORT/));
  assert.throws(() => parse("kafka://localhost:5672"), /is kafka, and amqp is asked for/);
});

test("a protocol that a target does not speak is a usage error", () => {
  assert.throws(
    () => requireProtocol(TARGETS.kafka, "amqp"),
    usage(/kafka does not speak amqp/, /it speaks kafka/),
  );
  requireProtocol(TARGETS.reference, "amqp");
});
