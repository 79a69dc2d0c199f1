import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BROKER_ENTRY, resolveCommit } from "../../../src/gate/sides/revision.ts";
import { Repository } from "./repository.ts";

const usage = (message: RegExp, hint: RegExp) => (error: unknown) => {
  const failure = error as { code: string; message: string; hint: string };
  assert.equal(failure.code, "USAGE");
  assert.match(failure.message, message);
  assert.match(failure.hint, hint);
  return true;
};

test("a revision is resolved to its full commit, from wherever in the checkout", async () => {
  using repository = new Repository();
  repository.write(BROKER_ENTRY, "1");
  const first = repository.commit();
  repository.write(BROKER_ENTRY, "2");
  const second = repository.commit();
  repository.git("branch", "topic", first);
  const { directory } = repository;
  assert.deepEqual(await resolveCommit(directory, "HEAD"), { id: second, repository: directory });
  assert.deepEqual(await resolveCommit(join(directory, "reference-broker"), "HEAD~1"), {
    id: first,
    repository: directory,
  });
  assert.equal((await resolveCommit(directory, "topic")).id, first);
  assert.equal((await resolveCommit(directory, second.slice(0, 8))).id, second);
});

test("an unknown revision is answered with the nearest name, and a target's name with the target", async () => {
  using repository = new Repository();
  repository.write(BROKER_ENTRY, "1");
  repository.commit();
  repository.git("branch", "faster-acks");
  const { directory } = repository;
  await assert.rejects(
    resolveCommit(directory, "faster-ackss"),
    usage(/no such commit/, /did you mean faster-acks\?/),
  );
  await assert.rejects(resolveCommit(directory, "HAED"), usage(/no such commit/, /did you mean HEAD\?/));
  await assert.rejects(
    resolveCommit(directory, "kafka"),
    usage(/no such commit/, /did you mean target:kafka\?/),
  );
  await assert.rejects(resolveCommit(directory, "--all"), usage(/no such commit/, /git log/));
});

test("outside a checkout, and of another project's, no commit can be a side", async () => {
  const outside = mkdtempSync(join(tmpdir(), "brokermark-test-"));
  try {
    await assert.rejects(
      resolveCommit(outside, "rabbitmq"),
      usage(/is in no git checkout/, /did you mean target:rabbitmq\?/),
    );
  } finally {
    rmSync(outside, { recursive: true });
  }
  using repository = new Repository();
  repository.write("main.c", "");
  repository.commit();
  await assert.rejects(resolveCommit(repository.directory, "HEAD"), usage(/has no reference-broker/, /cmd:/));
});
