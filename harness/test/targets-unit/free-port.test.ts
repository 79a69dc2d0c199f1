import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { findFreePorts } from "../../src/targets/free-port.ts";

function ephemeralFirst(): number {
  return Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s/)[0]);
}

test("ports are different, free, and not the kernel's to give to connections", {
  skip: noProc(),
}, async () => {
  const ports = await findFreePorts(20);
  assert.equal(new Set(ports).size, 20);
  for (const port of ports) {
    assert.ok(port >= 10_000 && port < ephemeralFirst(), `${port}`);
    await using server = createServer();
    await new Promise<void>((resolve, reject) =>
      server.once("error", reject).listen(port, "127.0.0.1", resolve),
    );
  }
});

test("a port that is taken or already drawn is drawn anew", { skip: noProc() }, async () => {
  const [taken = 0] = await findFreePorts(1);
  await using server = createServer();
  await new Promise<void>((resolve) => server.listen(taken, "127.0.0.1", resolve));
  const span = ephemeralFirst() - 10_000;
  const draws = [taken, taken, 10_000, 10_000, 10_001, 10_002, 10_003].map(
    (port) => (port - 10_000 + 0.5) / span,
  );
  const ports = await findFreePorts(2, "127.0.0.1", () => draws.shift() ?? Math.random());
  assert.equal(new Set(ports).size, 2);
  assert.ok(!ports.includes(taken));
});

function noProc(): string | false {
  return process.platform === "linux" ? false : "the range is read from /proc";
}
