import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpBroker } from "./http-broker.ts";

test("the configuration in effect is shown with its sources and without passwords", async () => {
  const broker = await HttpBroker.start(["--durability", "none", "--user", "worker:se-cret"]);
  try {
    const { status, json, text } = await broker.get("/config");
    assert.equal(status, 200);
    assert.equal(json.options["storage.durability"].value, "none");
    assert.equal(json.options["storage.durability"].source, "flag");
    assert.equal(json.options["memory.tail_cache_bytes"].source, "default");
    assert.ok("worker" in json.users);
    assert.doesNotMatch(text, /se-cret/);
  } finally {
    await broker.process.discard();
  }
});
