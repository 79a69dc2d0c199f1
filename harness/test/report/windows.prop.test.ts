import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { rateOverTime } from "../../src/report/windows.ts";

const windows = fc.array(
  fc.record({
    atUs: fc.integer({ min: 0, max: 60_000_000 }),
    durationUs: fc.integer({ min: 100_000, max: 1_000_000 }),
    messages: fc.integer({ min: 0, max: 5_000_000 }),
    histogram: fc.constant(null),
  }),
  { minLength: 1, maxLength: 100 },
);

test("binning the windows of several processes neither loses nor adds messages", () => {
  fc.assert(
    fc.property(windows, (stored) => {
      const points = rateOverTime(stored);
      const start = Math.min(...stored.map(({ atUs }) => atUs));
      const end = Math.max(...stored.map(({ atUs, durationUs }) => atUs + durationUs));
      const binSeconds = (end - start) / 1e6 / points.length;
      const drawn = points.reduce((sum, [, rate]) => sum + rate * binSeconds, 0);
      const sent = stored.reduce((sum, { messages }) => sum + messages, 0);
      const rounding = 0.5 * binSeconds * points.length + 1e-6 * sent;
      assert.ok(Math.abs(drawn - sent) <= rounding, `${drawn} drawn, ${sent} sent`);
    }),
  );
});
