import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../bin/dev.ts", import.meta.url));

function start(...args: string[]) {
  return spawn(process.execPath, [CLI, "targets", "start", ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

test("targets start: says where the target listens, stops it and keeps its directory", async () => {
  const directory = mkdtempSync(join(tmpdir(), "brokermark-test-"));
  try {
    for (const protocol of ["kafka", "amqp"]) {
      const child = start("reference", "--protocol", protocol, "--directory", directory, "--json");
      const ended = once(child, "close");
      const [line] = await once(child.stdout, "data");
      const told = JSON.parse(String(line));
      assert.equal(told.event, "listening");
      assert.equal(told.protocol, protocol);
      assert.ok(told.port > 0);
      child.kill("SIGTERM");
      assert.equal((await ended)[0], 143);
      assert.throws(() => process.kill(told.pid, 0), { code: "ESRCH" });
      assert.ok(existsSync(join(directory, "data")));
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("targets start: what cannot be started is a usage error", async () => {
  for (const args of [["external:url=localhost:1"], ["kafka", "--protocol", "amqp"], ["rabitmq"]]) {
    const child = start(...args);
    const [code] = await once(child, "close");
    assert.equal(code, 2, args.join(" "));
  }
});
