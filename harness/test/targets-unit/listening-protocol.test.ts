import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseSide } from "../../src/gate/sides/side-spec.ts";
import { prepareSides } from "../../src/gate/sides/prepare-sides.ts";
import { TARGETS } from "../../src/targets/catalog.ts";
import { findFreePorts } from "../../src/targets/free-port.ts";
import { listeningProtocol } from "../../src/targets/listening-protocol.ts";

const { signal } = new AbortController();

test("the protocol of a bare address is the one that is answered there, also as a side of a gate", async () => {
  const directory = mkdtempSync(join(tmpdir(), "brokermark-test-"));
  try {
    for (const protocol of ["kafka", "amqp"] as const) {
      const options = { directory, protocol, durability: "os", options: {}, signal } as const;
      await using running = await TARGETS.reference.start(options);
      const address = `${running.endpoint.host}:${running.endpoint.port}`;
      assert.equal(await listeningProtocol(address, signal), protocol);
      const checkout = fileURLToPath(new URL("../../../", import.meta.url));
      const prepare = { directory: checkout, env: process.env, signal, onProgress: () => undefined };
      const sides = await prepareSides([parseSide(`url:${address}`)], prepare);
      assert.deepEqual(
        sides.map(({ protocols, ours }) => ({ protocols, ours })),
        [{ protocols: [protocol], ours: false }],
      );
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test("a scheme, a user or a virtual host says which, and nobody is asked", async () => {
  assert.equal(await listeningProtocol("kafka://localhost:1", signal), "kafka");
  assert.equal(await listeningProtocol("amqp://localhost:1", signal), "amqp");
  assert.equal(await listeningProtocol("guest@localhost:1", signal), "amqp");
  assert.equal(await listeningProtocol("localhost:1/test", signal), "amqp");
});

test("where nothing listens both attempts are told, and what is no address is a usage error", async () => {
  const [port] = await findFreePorts(1);
  await assert.rejects(listeningProtocol(`127.0.0.1:${port}`, signal), {
    code: "TARGET_UNREACHABLE",
    message: /kafka: .*ECONNREFUSED.*; amqp: .*ECONNREFUSED/,
  });
  for (const url of [
    "localhost",
    "kafka://localhost",
    "kafka://guest@localhost:9092",
    "amqp://a:b@localhost:1",
  ]) {
    await assert.rejects(listeningProtocol(url, signal), { code: "USAGE" }, url);
  }
});
