import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parseDefinitions } from "../../../src/engines/identity/definitions.ts";
import { FileIdentity, userFromOption } from "../../../src/engines/identity/file-identity.ts";
import { nodeFileSystem } from "../../../src/mechanisms/file-system.ts";

const root = mkdtempSync(join(tmpdir(), "brokermark-identity-"));
after(() => rmSync(root, { recursive: true, force: true }));

let directories = 0;

function freshDirectory(): string {
  const directory = join(root, String(directories++));
  nodeFileSystem.makeDirectory(directory);
  return directory;
}

const open = (directory: string) => new FileIdentity(nodeFileSystem, directory);

test("a new directory knows guest, from loopback only, with everything on the default virtual host", async () => {
  const identity = open(freshDirectory());
  assert.equal((await identity.authenticate("guest", "guest", true))?.name, "guest");
  assert.equal(await identity.authenticate("guest", "guest", false), null);
  assert.equal(await identity.authenticate("guest", "other", true), null);
  assert.equal(await identity.authenticate("nobody", "guest", true), null);
  assert.ok(identity.mayOpen("guest", "/") && !identity.mayOpen("guest", "other"));
  assert.ok(identity.mayAccess("guest", "/", "configure", "anything"));
});

test("users, passwords and permissions survive a restart, and passwords are not kept in plain text", async () => {
  const directory = freshDirectory();
  const identity = open(directory);
  const before = identity.version;
  await identity.apply(userFromOption("worker:se:cret"));
  assert.ok(identity.version > before);
  assert.doesNotMatch(readFileSync(join(directory, "identity.json"), "utf8"), /se:cret/);
  const again = open(directory);
  for (const from of [identity, again]) {
    assert.equal((await from.authenticate("worker", "se:cret", false))?.name, "worker");
    assert.equal((await from.authenticate("worker", "se:cret", false))?.name, "worker");
    assert.equal(await from.authenticate("worker", "se", false), null);
    assert.equal((await from.authenticate("guest", "guest", true))?.name, "guest");
  }
  await again.apply(userFromOption("worker:changed"));
  assert.equal(await again.authenticate("worker", "se:cret", false), null);
  assert.equal((await again.authenticate("worker", "changed", false))?.name, "worker");
});

test("the same password given again keeps its hash", async () => {
  const directory = freshDirectory();
  const identity = open(directory);
  await identity.apply(userFromOption("worker:same"));
  const first = readFileSync(join(directory, "identity.json"), "utf8");
  await identity.apply(userFromOption("worker:same"));
  assert.equal(readFileSync(join(directory, "identity.json"), "utf8"), first);
});

test("permissions are RabbitMQ's expressions: an empty one matches the empty name alone", async () => {
  const identity = open(freshDirectory());
  const definitions = {
    users: [{ name: "app", password: "x", tags: "monitoring, management" }],
    permissions: [{ user: "app", vhost: "/", configure: "", write: "^(app\\-|amq\\.default$)", read: "q$" }],
    topic_permissions: [
      { user: "app", vhost: "/", exchange: "amq.topic", write: "^{username}\\.{vhost}", read: ".*" },
    ],
  };
  await identity.apply(parseDefinitions(JSON.stringify(definitions)));
  assert.deepEqual(identity.find("app")?.tags, ["monitoring", "management"]);
  const may = (permission: "configure" | "write" | "read", name: string) =>
    identity.mayAccess("app", "/", permission, name);
  assert.deepEqual([may("configure", "app-q"), may("configure", "")], [false, true]);
  assert.deepEqual(
    [may("write", "app-q"), may("write", "amq.default"), may("write", "x-app-")],
    [true, true, false],
  );
  assert.deepEqual([may("read", "some q"), may("read", "q2")], [true, false]);
  assert.equal(identity.mayAccess("app", "other", "read", "q"), false);
  assert.ok(identity.restrictsTopics("app", "/", "amq.topic") && !identity.restrictsTopics("app", "/", "x"));
  assert.equal(identity.mayUseTopic("app", "/", "amq.topic", "write", "app./x"), true);
  assert.equal(identity.mayUseTopic("app", "/", "amq.topic", "write", "guest./x"), false);
  assert.equal(identity.mayUseTopic("app", "/", "other", "write", "guest./x"), true);
});

test("definitions that are wrong say where", () => {
  for (const [json, message] of [
    ["[", /JSON/],
    ['{"users":{}}', /users: expected a list/],
    ['{"users":[{"name":"x"}]}', /x has no password/],
    ['{"users":[{"name":"x","password_hash":"AA==","hashing_algorithm":"md5"}]}', /hashing_algorithm md5/],
    ['{"permissions":[{"user":"x"}]}', /permissions: vhost must be a string/],
    [
      '{"permissions":[{"user":"x","vhost":"/","configure":"(","write":"","read":""}]}',
      /Invalid regular expression/,
    ],
  ] as const) {
    assert.throws(() => parseDefinitions(json), message);
  }
});

test("a damaged file stops the start rather than lose users", async () => {
  const directory = freshDirectory();
  await open(directory).apply(userFromOption("worker:x"));
  const path = join(directory, "identity.json");
  writeFileSync(path, readFileSync(path, "utf8").replace("worker", "winner"));
  assert.throws(() => open(directory), { code: "DATA_DIRECTORY_CORRUPT" });
});
