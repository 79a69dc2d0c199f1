import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTcpMemory, readKernelMemory } from "../../src/measure/kernel-memory.ts";

const SOCKSTAT = `sockets: used 35
TCP: inuse 9 orphan 0 tw 11 alloc 9 mem 110
UDP: inuse 0 mem 3
`;

test("buffers of TCP sockets are told in pages", () => {
  assert.equal(parseTcpMemory(SOCKSTAT), 110 * 4096);
  assert.equal(parseTcpMemory("UDP: inuse 0 mem 3\n"), null);
});

test("a kernel that tells has some objects of its own", () => {
  const memory = readKernelMemory();
  if (process.platform === "linux") assert.ok(memory !== null && memory.objectBytes > 0);
  else assert.equal(memory, null);
});
