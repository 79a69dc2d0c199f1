import assert from "node:assert/strict";
import { test } from "node:test";
import { CONNECTIONS_PER_ADDRESS, sourceAddress } from "../../src/load-processes/source-address.ts";

test("connections come from one loopback address after another, so that ports do not run out", () => {
  const host = "127.0.0.1";
  assert.equal(sourceAddress(host, 0, "linux"), null);
  assert.equal(sourceAddress(host, CONNECTIONS_PER_ADDRESS - 1, "linux"), null);
  assert.equal(sourceAddress(host, CONNECTIONS_PER_ADDRESS, "linux"), "127.0.0.2");
  assert.equal(sourceAddress(host, 5 * CONNECTIONS_PER_ADDRESS, "linux"), "127.0.0.6");
});

test("elsewhere the system chooses", () => {
  assert.equal(sourceAddress("10.0.0.1", 50_000, "linux"), null);
  assert.equal(sourceAddress("127.0.0.1", 50_000, "darwin"), null);
});
