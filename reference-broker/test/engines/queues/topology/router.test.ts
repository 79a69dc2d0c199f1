import assert from "node:assert/strict";
import { test } from "node:test";
import { Exchange } from "../../../../src/engines/queues/topology/exchange.ts";
import { MAX_REMEMBERED_ROUTES, Router } from "../../../../src/engines/queues/topology/router.ts";
import { messageOf } from "../engine/test-engine.ts";

const MESSAGE = messageOf("x", "");

function makeExchange(name: string, type: string): Exchange {
  return new Exchange({ name, type, durable: false, autoDelete: false, internal: false, arguments: [] });
}

test("routes of more keys than fit are forgotten, in all exchanges together", () => {
  const router = new Router(new Map());
  const [x, y] = [makeExchange("x", "direct"), makeExchange("y", "topic")];
  let most = 0;
  for (let key = 0; key < MAX_REMEMBERED_ROUTES * 1.5; key++) {
    router.route(key % 3 === 0 ? x : y, String(key), MESSAGE);
    most = Math.max(most, x.routes.size + y.routes.size);
  }
  assert.equal(most, MAX_REMEMBERED_ROUTES);
});

test("a route is found once: by key, or for all keys where none counts", () => {
  const router = new Router(new Map());
  const [direct, fanout] = [makeExchange("d", "direct"), makeExchange("f", "fanout")];
  assert.equal(router.route(direct, "a", MESSAGE), router.route(direct, "a", MESSAGE));
  assert.notEqual(router.route(direct, "a", MESSAGE), router.route(direct, "b", MESSAGE));
  const route = router.route(fanout, "a", MESSAGE);
  assert.equal(route, router.route(fanout, "b", MESSAGE));
  router.invalidate();
  assert.notEqual(route, router.route(fanout, "b", MESSAGE));
  const headers = makeExchange("h", "headers");
  assert.notEqual(router.route(headers, "a", MESSAGE), router.route(headers, "a", MESSAGE));
});
