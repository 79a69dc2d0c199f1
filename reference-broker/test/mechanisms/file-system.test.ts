import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeFileSystem } from "../../src/mechanisms/file-system.ts";

/** More than the step of the clock that file systems stamp changes with. */
const STAMP_STEP_MS = 20;

test("a file that is as long as it is to be is not cut: the kernel sees no truncation", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, "file");
  const file = nodeFileSystem.open(path);
  t.after(() => file.close());
  for (const content of ["", "1234"]) {
    file.writeSync(Buffer.from(content), 0);
    const { ctimeNs } = await stat(path, { bigint: true });
    await sleep(STAMP_STEP_MS);
    file.truncateSync(content.length);
    assert.equal((await stat(path, { bigint: true })).ctimeNs, ctimeNs);
  }
  file.truncateSync(2);
  assert.equal(file.size(), 2);
  file.truncateSync(3);
  assert.equal(file.size(), 3);
});
