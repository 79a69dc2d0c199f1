import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMANDS } from "../../src/commands/index.ts";
import { brokermark, brokermarkUnread } from "./cli.ts";

for (const id of Object.keys(COMMANDS)) {
  const words = id.split(":");
  test(`${words.join(" ")}: --help says what it does and lists exit codes; a wrong option is a usage error`, async () => {
    const [help, wrong] = await Promise.all([
      brokermark(...words, "--help"),
      brokermark(...words, "--no-such-option"),
    ]);
    assert.equal(help.code, 0);
    assert.match(help.stdout, /USAGE[\s\S]*--json[\s\S]*EXIT CODES\n\s+0 +done\n[\s\S]*^\s+2 +usage/m);
    assert.equal(wrong.code, 2, wrong.stderr);
    assert.equal(wrong.stdout, "");
  });
}

test("a mistyped command or option is answered with the nearest", async () => {
  const command = await brokermark("lsit");
  assert.equal(command.code, 2);
  assert.match(command.stderr, /^no command lsit; did you mean list\?\nhint: there are: /);
  const topic = await brokermark("targets", "instal", "kafka");
  assert.match(topic.stderr, /^no command targets instal kafka; did you mean targets install\?/);
  const option = await brokermark("list", "--jsno");
  assert.equal(option.code, 2);
  assert.match(option.stderr, /--jsno\nhint: did you mean --json\?\n$/);
});

test("with --json a failure is one document on stdout, and words on stderr", async () => {
  const { code, stdout, stderr } = await brokermark("list", "megabach", "--json");
  assert.equal(code, 2);
  const { error } = JSON.parse(stdout);
  assert.equal(error.code, "USAGE");
  assert.match(error.message, /did you mean megabatch\?/);
  assert.match(stderr, /did you mean megabatch\?/);
});

test("no arguments, help and --version answer and end with 0", async () => {
  const ended = await Promise.all([brokermark(), brokermark("help", "list"), brokermark("--version")]);
  assert.deepEqual(
    ended.map(({ code }) => code),
    [0, 0, 0],
  );
  assert.match(ended[0]!.stdout, /COMMANDS[\s\S]*compare/);
  assert.match(ended[1]!.stdout, /brokermark list/);
  assert.match(ended[2]!.stdout, /^brokermark\/\d/);
});

test("a reader that goes away early changes no exit code", async () => {
  const ended = await Promise.all([
    brokermarkUnread("gate", "--help"),
    brokermarkUnread("list", "--json"),
    brokermarkUnread("lsit"),
  ]);
  assert.deepEqual(
    ended.map(({ code, stderr }) => [code, stderr.includes("unsettled")]),
    [
      [0, false],
      [0, false],
      [2, false],
    ],
  );
});
