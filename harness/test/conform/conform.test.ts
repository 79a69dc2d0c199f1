/** The command against the bundled broker, as a user runs it. */
import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { brokermark } from "../commands/cli.ts";

test("cases pass on the reference broker: exit 0, JSON on stdout, JUnit in its file", async () => {
  const junit = join(tmpdir(), `conform-${process.pid}.xml`);
  const { code, stdout, stderr } = await brokermark(
    ...["conform", "--case", "A-EXCH-0*", "--case", "A-PUB-01", "--json", "--seed", "5", "--junit", junit],
  );
  const report = JSON.parse(stdout);
  assert.equal(code, 0, stderr);
  assert.equal(report.summary.byStanding["unexpected-failure"], 0);
  assert.ok(report.summary.executed >= 10);
  assert.equal(report.seed, 5);
  assert.match(await readFile(junit, "utf8"), /<testsuite name="amqp on /);
  await rm(junit);
});

test("a mutant makes its case fail: exit 1, with both sides, frames and a replay", async () => {
  const { code, stdout } = await brokermark(
    ...["conform", "--case", "A-EXCH-12", "--mutant", "direct-key-trimmed", "--seed", "5"],
  );
  assert.equal(code, 1);
  assert.match(stdout, /expected {2}routing keys that were delivered/);
  assert.match(stdout, /< channel 1 basic\.get-ok/);
  assert.match(stdout, /--case A-EXCH-12 --seed 5 --mutant direct-key-trimmed/);
});

test("misuse is exit 2, nothing executed exit 3", async () => {
  assert.equal((await brokermark("conform", "--case", "B-*")).code, 2);
  assert.equal((await brokermark("conform", "--target", "kafka")).code, 2);
  assert.equal((await brokermark("conform", "--target", "external")).code, 2);
  const { code, stdout } = await brokermark("conform", "--case", "A-DUR-02");
  assert.equal(code, 3);
  assert.match(stdout, /passed 0 of 0 executed/);
});

test("a mutant that nobody knows keeps the broker from starting: exit 5", async () => {
  const { code, stderr } = await brokermark("conform", "--case", "A-EXCH-12", "--mutant", "no-such");
  assert.equal(code, 5);
  assert.match(stderr, /no mutant has that id/);
});
