import assert from "node:assert/strict";
import { test } from "node:test";
import { type LogLevel, levelOf, makeLog } from "../../src/server/log.ts";

function linesAt(level: LogLevel, events: readonly string[]): string[] {
  const lines: string[] = [];
  const report = makeLog(
    level,
    (line) => lines.push(line),
    () => new Date(0),
  );
  for (const event of events) report(event, { of: event.length });
  return lines;
}

test("a line is one JSON object with time, level, event and fields", () => {
  assert.deepEqual(linesAt("info", ["stopping"]), [
    '{"time":"1970-01-01T00:00:00.000Z","level":"info","event":"stopping","of":8}\n',
  ]);
});

test("each level leaves out what is less severe", () => {
  const events = ["retention", "configuration", "slow operation", "append failed"];
  assert.deepEqual(events.map(levelOf), ["debug", "info", "warn", "error"]);
  for (const [i, level] of (["debug", "info", "warn", "error"] as const).entries()) {
    const told = linesAt(level, events).map((line) => JSON.parse(line).event);
    assert.deepEqual(told, events.slice(i));
  }
});

test("a client's failure is no error of the broker's", () => {
  assert.equal(levelOf("tls handshake failed"), "warn");
  assert.equal(levelOf("http request failed"), "error");
});
