import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { parseCpuMax, readEnvironment } from "../../src/result/environment.ts";

test("a cgroup's CPU limit is in cores, and max is none", () => {
  assert.equal(parseCpuMax("150000 100000\n"), 1.5);
  assert.equal(parseCpuMax("max 100000\n"), null);
  assert.equal(parseCpuMax(null), null);
});

test("the environment names machine, program and where data lies", () => {
  const environment = readEnvironment(tmpdir());
  assert.equal(environment.nodeVersion, process.version);
  assert.match(environment.harnessVersion, /^\d+\.\d+\.\d+/);
  assert.ok(environment.cores >= 1 && environment.memoryBytes > 0);
  assert.match(environment.dataFileSystem, /^\w+$/);
  assert.deepEqual(JSON.parse(JSON.stringify(environment)), environment);
});
