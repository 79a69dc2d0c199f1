import assert from "node:assert/strict";
import { lstatSync, mkdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commitTree } from "../../../src/gate/sides/commit-tree.ts";
import { contentHash } from "../../../src/gate/sides/content-hash.ts";
import { BROKER_ENTRY } from "../../../src/gate/sides/revision.ts";
import { Repository } from "./repository.ts";

const PACKAGE = (build: string) => JSON.stringify({ name: "x", version: "1.0.0", scripts: { build } });
const LOCK = JSON.stringify({ name: "x", version: "1.0.0", lockfileVersion: 3, packages: {} });

function options({ env }: Repository) {
  const told: string[] = [];
  return {
    told,
    options: { env, signal: new AbortController().signal, onProgress: (line: string) => told.push(line) },
  };
}

test("a commit's files are laid out once, with the checkout's dependencies, and the repository stays as it is", async () => {
  using repository = new Repository();
  repository.write(BROKER_ENTRY, "first");
  repository.write("package.json", PACKAGE("true"));
  repository.write("package-lock.json", LOCK);
  repository.write(".gitignore", "node_modules");
  const first = repository.commit();
  repository.write(BROKER_ENTRY, "second");
  repository.commit();
  mkdirSync(join(repository.directory, "node_modules"));
  repository.write(BROKER_ENTRY, "not committed");
  const before = repository.git("status", "--porcelain");
  const commit = { id: first, repository: repository.directory };
  const { options: given } = options(repository);
  const tree = await commitTree(commit, false, given);
  assert.equal(readFileSync(join(tree, BROKER_ENTRY), "utf8"), "first");
  assert.equal(readlinkSync(join(tree, "node_modules")), join(repository.directory, "node_modules"));
  const made = lstatSync(tree).ino;
  assert.equal(await commitTree(commit, false, given), tree);
  assert.equal(lstatSync(tree).ino, made);
  assert.equal(repository.git("status", "--porcelain"), before);
  assert.equal(repository.git("worktree", "list").split("\n").length, 1);
});

test("a build is made in the commit's own files; one that fails says what it printed and leaves nothing", async () => {
  using repository = new Repository();
  repository.write(BROKER_ENTRY, "x");
  repository.write("package-lock.json", LOCK);
  repository.write(".gitignore", "node_modules");
  repository.write("package.json", PACKAGE("mkdir dist && cp reference-broker/src/main.ts dist/built"));
  const good = repository.commit();
  repository.write("package.json", PACKAGE("echo this does not compile >&2; exit 1"));
  const bad = repository.commit();
  mkdirSync(join(repository.directory, "node_modules"));
  const { told, options: given } = options(repository);
  const tree = await commitTree({ id: good, repository: repository.directory }, true, given);
  assert.equal(readFileSync(join(tree, "dist/built"), "utf8"), "x");
  assert.deepEqual(told, [`building ${good.slice(0, 12)}`]);
  const failing = () => commitTree({ id: bad, repository: repository.directory }, true, given);
  await assert.rejects(failing(), { code: "TARGET_START_FAILED", message: /this does not compile/ });
  await assert.rejects(failing(), { code: "TARGET_START_FAILED", message: /this does not compile/ });
});

test("equal files have equal hashes, wherever they are; a changed, renamed or missing one has another", async () => {
  using repository = new Repository();
  repository.write("one/a.ts", "alpha");
  repository.write("one/deep/b.ts", "beta");
  repository.write("two/a.ts", "alpha");
  repository.write("two/deep/b.ts", "beta");
  repository.write("three/a.ts", "alphabeta");
  repository.write("three/deep/b.ts", "");
  repository.write("four/a.ts", "alpha");
  const root = realpathSync(repository.directory);
  const hash = (folder: string) => contentHash(join(root, folder), [".", "package-lock.json"]);
  assert.equal(await hash("one"), await hash("two"));
  assert.notEqual(await hash("one"), await hash("three"));
  assert.notEqual(await hash("one"), await hash("four"));
  assert.match(await hash("one"), /^[0-9a-f]{64}$/);
});
