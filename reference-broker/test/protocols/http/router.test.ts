import assert from "node:assert/strict";
import { test } from "node:test";
import { Router } from "../../../src/protocols/http/router.ts";
import { ROUTES, type Route } from "../../../src/protocols/http/routes.ts";

const route = (method: "GET" | "POST", path: string): Route => ({ ...ROUTES[0]!, method, path });
const routes = [route("GET", "/a"), route("POST", "/a"), route("GET", "/a/:x"), route("GET", "/a/:x/b/:y")];

function find(router: Router, path: string): readonly unknown[] | null {
  const match = router.match(path);
  return match === null
    ? null
    : [[...match.routes.keys()], match.routes.get("GET")?.path, ...match.parameters];
}

test("a path leads to its routes with its parameters decoded, the first time and again", () => {
  const router = new Router(routes);
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(find(router, "/a"), [["GET", "POST"], "/a"]);
    assert.deepEqual(find(router, "/a/b%2Fc"), [["GET"], "/a/:x", "b/c"]);
    assert.deepEqual(find(router, "/a/%C3%BC/b/"), [["GET"], "/a/:x/b/:y", "ü", ""]);
    for (const path of ["", "/", "/b", "/a/b/c", "/a/x/b", "/a/x/b/y/z"])
      assert.equal(find(router, path), null);
  }
});

test("many different paths do not grow what is remembered", () => {
  const router = new Router(routes);
  for (let i = 0; i < 5000; i++) assert.deepEqual(find(router, `/a/${i}`), [["GET"], "/a/:x", String(i)]);
});

test("no two routes share method and path, and each says what it does", () => {
  const keys = ROUTES.map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, ":")}`);
  assert.equal(new Set(keys).size, keys.length);
  for (const { doc } of ROUTES) assert.ok(doc.length > 5);
});
