import assert from "node:assert/strict";
import { test } from "node:test";
import { entryKind } from "../../../src/gate/sides/prepare-sides.ts";
import { parseSide } from "../../../src/gate/sides/side-spec.ts";

test("a bare word is a git revision", () => {
  for (const text of ["main", "HEAD~1", "v1.2", "a1b2c3", "feature/x", "kafka"]) {
    assert.deepEqual(parseSide(text), { kind: "git", text: `git:${text}`, revision: text });
    assert.deepEqual(parseSide(`git:${text}`), parseSide(text));
  }
});

test("a target may have a version and options", () => {
  assert.deepEqual(parseSide("target:kafka"), {
    ...{ kind: "target", text: "target:kafka", version: null },
    target: { name: "kafka", options: {} },
  });
  const side = parseSide("target:kafka@4.2.0:num.io.threads=1,log.dir=a@b");
  assert.deepEqual(side, {
    ...{ kind: "target", text: "target:kafka@4.2.0:num.io.threads=1,log.dir=a@b", version: "4.2.0" },
    target: { name: "kafka", options: { "num.io.threads": "1", "log.dir": "a@b" } },
  });
  const injected = parseSide("target:reference:inject=cpu:spinUs=2\\,everyMessages=20");
  assert.equal(injected.kind, "target");
  assert.deepEqual(injected.kind === "target" && injected.target.options, {
    inject: "cpu:spinUs=2,everyMessages=20",
  });
});

test("an @ among the options is no version", () => {
  const side = parseSide("target:external:url=amqp://user@host:5672/vh");
  assert.equal(side.kind === "target" && side.version, null);
  assert.equal(side.kind === "target" && side.target.options.url, "amqp://user@host:5672/vh");
});

test("commands and addresses are taken as they are", () => {
  assert.deepEqual(parseSide("cmd:./broker --port {port}; true"), {
    kind: "cmd",
    text: "cmd:./broker --port {port}; true",
    command: "./broker --port {port}; true",
  });
  assert.deepEqual(parseSide("url:kafka://localhost:9092"), {
    kind: "url",
    text: "url:kafka://localhost:9092",
    url: "kafka://localhost:9092",
  });
});

test("what is mistyped is answered with the nearest", () => {
  const mistakes: [string, RegExp, RegExp][] = [
    ["traget:kafka", /no side is written traget:/, /did you mean target:\?/],
    ["target:kafak", /no target is called "kafak"/, /did you mean "kafka"\?/],
    ["target:kafka@", /names nothing/, /target:NAME/],
    ["cmd:", /names nothing/, /cmd:'COMMAND'/],
    ["target:kafka:threads", /is no key=value/, /key=value/],
  ];
  for (const [text, message, hint] of mistakes) {
    assert.throws(
      () => parseSide(text),
      (error: { code: string; message: string; hint: string }) => {
        assert.equal(error.code, "USAGE");
        assert.match(error.message, message);
        assert.match(error.hint, hint);
        return true;
      },
    );
  }
});

test("reference brokers of both sides are started in the same way", () => {
  const kind = (fromSources: boolean, ...texts: string[]) => entryKind(texts.map(parseSide), fromSources);
  assert.equal(kind(true, "main", "HEAD"), "bundle");
  assert.equal(kind(true, "main", "target:reference"), "sources");
  assert.equal(kind(false, "main", "target:reference"), "bundle");
  assert.equal(kind(false, "main", "target:reference:inject=leak"), "modules");
  assert.equal(kind(false, "target:reference", "target:reference:mutant=x"), "modules");
  assert.equal(kind(true, "target:kafka", "target:kafka"), "bundle");
});
