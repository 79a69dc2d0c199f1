import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { claimDataDirectory } from "../../src/server/data-directory.ts";
import { temporaryDirectory } from "../engines/log/test-log.ts";

test("a directory is made, held, and free again; a stale lock or one that names a stranger holds nobody up", () => {
  const directory = temporaryDirectory();
  const dataDir = path.join(directory.path, "a", "b");
  const stranger = spawn("sleep", ["60"]);
  try {
    const claim = claimDataDirectory(dataDir);
    const lock = path.join(dataDir, ".lock");
    assert.equal(fs.readFileSync(lock, "utf8"), String(process.pid));
    claim.release();
    assert.ok(!fs.existsSync(lock));
    for (const content of ["4194304999", "", "garbage", String(stranger.pid)]) {
      fs.writeFileSync(lock, content);
      claimDataDirectory(dataDir).release();
    }
  } finally {
    stranger.kill();
    directory.remove();
  }
});

test("a path that is a file is refused as unwritable", () => {
  const directory = temporaryDirectory();
  try {
    const file = path.join(directory.path, "file");
    fs.writeFileSync(file, "");
    assert.throws(() => claimDataDirectory(file), { code: "DATA_DIRECTORY_UNWRITABLE" });
  } finally {
    directory.remove();
  }
});
