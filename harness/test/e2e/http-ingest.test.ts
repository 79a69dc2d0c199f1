/** Messages over HTTP on the reference broker: what must hold on every machine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { anomalies, figure, NO_ANOMALY, smoke } from "./smoke.ts";

test("what was posted to an exchange and to a topic is there, and metrics were scraped", async () => {
  const runs = await smoke("http-ingest", "connections=4");
  assert.deepEqual(
    runs.map(({ driver }) => driver),
    ["http-exchange", "http-topic"],
  );
  for (const run of runs) {
    assert.deepEqual(anomalies(run), NO_ANOMALY);
    assert.ok(run.integrity.confirmed > 0);
    assert.ok(run.integrity.delivered >= run.integrity.confirmed);
    assert.ok(figure(run, "scrapes")! > 0);
    assert.ok(figure(run, "scrapeBytes")! > 0);
  }
});
