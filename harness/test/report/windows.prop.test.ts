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
      const span = (end - start) / 1e6;
      const length = points.length > 1 ? points[1]![0] - points[0]![0] : span;
      const lengthOf = (bin: number) => (bin < points.length - 1 ? length : span - bin * length);
      const drawn = points.reduce((sum, [, rate], bin) => sum + rate * lengthOf(bin), 0);
      const sent = stored.reduce((sum, { messages }) => sum + messages, 0);
      const rounding = 0.5 * span + 1e-6 * sent + 1;
      assert.ok(Math.abs(drawn - sent) <= rounding, `${drawn} drawn, ${sent} sent`);
    }),
  );
});
