import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import {
  cacheHitRate,
  eventLoopDelayP99Us,
  parseMetrics,
  readMetrics,
} from "../../../src/run/staged/target-metrics.ts";

const TEXT = `# HELP broker_delay_seconds how late
# TYPE broker_delay_seconds gauge
broker_delay_seconds 0.0125
broker_hits_total{queue="a b"} 1e3 1700000000

not a sample
`;

test("samples are read with their labels, whatever else stands between them", () => {
  assert.deepEqual(
    [...parseMetrics(TEXT)],
    [
      ["broker_delay_seconds", 0.0125],
      ['broker_hits_total{queue="a b"}', 1000],
    ],
  );
});

test("the delay of the event loop is told in microseconds, hits of what was looked up in any cache since", () => {
  const before = parseMetrics("brokermark_a_cache_hits_total 10\nbrokermark_a_cache_misses_total 10");
  const after = parseMetrics(
    [
      "brokermark_a_cache_hits_total 13",
      "brokermark_a_cache_misses_total 10",
      "brokermark_b_cache_misses_total 1",
      "brokermark_process_event_loop_delay_p99_seconds 0.004",
    ].join("\n"),
  );
  assert.equal(cacheHitRate(before, after), 0.75);
  assert.deepEqual([cacheHitRate(after, after), cacheHitRate(null, null)], [null, null]);
  assert.deepEqual([eventLoopDelayP99Us(after), eventLoopDelayP99Us(before)], [4_000, null]);
});

test("metrics are null where there is no port, no answer or no success", async () => {
  let status = 200;
  const server = createServer((_, response) => response.writeHead(status).end(TEXT));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const host = "127.0.0.1";
  const endpoint = { host, port, http: { host, port, metricsPort: port } };
  assert.equal((await readMetrics(endpoint))?.get("broker_delay_seconds"), 0.0125);
  status = 503;
  assert.equal(await readMetrics(endpoint), null);
  assert.equal(await readMetrics({ host, port }), null);
  server.close();
  server.closeAllConnections();
  await once(server, "close");
  assert.equal(await readMetrics(endpoint), null);
});
