import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseQuantity, quantity, UNITS, type UnitName } from "../../src/scenario/units.ts";

test("quantities mean what their units say", () => {
  const cases: [string, UnitName, number | null][] = [
    ["100B", "size", 100],
    ["512KiB", "size", 524_288],
    ["1MiB", "size", 1_048_576],
    ["1.5KiB", "size", 1536],
    ["4GiB", "size", 4_294_967_296],
    ["15ms", "duration", 15],
    ["30s", "duration", 30_000],
    ["0.25s", "duration", 250],
    ["2min", "duration", 120_000],
    ["20000/s", "rate", 20_000],
    ["1MB", "size", null],
    ["1 MiB", "size", null],
    ["-1s", "duration", null],
    ["1e3B", "size", null],
    ["0.5ms", "duration", null],
    ["0.3B", "size", null],
    ["15", "duration", null],
    ["20000", "rate", null],
    ["99999999999999999GiB", "size", null],
  ];
  for (const [text, unit, expected] of cases) assert.equal(parseQuantity(text, unit), expected, text);
});

test("a bare number is in base units and bounds hold however it is written", () => {
  const field = quantity("size", { min: 1024, max: 2048 });
  assert.equal(field.parse(1500), 1500);
  assert.equal(field.parse("2KiB"), 2048);
  for (const wrong of [1023, "1023B", "3KiB", 1500.5, "1500", true, null, "1KB"]) {
    assert.equal(field.safeParse(wrong).success, false, String(wrong));
  }
});

test("every whole number of every unit is read as itself times its factor", () => {
  const seed = Date.now() >>> 0;
  const unitAndSuffix = fc.constantFrom(
    ...Object.entries(UNITS).flatMap(([name, { factors }]) =>
      Object.entries(factors).map(([suffix, factor]) => [name as UnitName, suffix, factor] as const),
    ),
  );
  fc.assert(
    fc.property(fc.nat(1_000_000), unitAndSuffix, (value, [name, suffix, factor]) => {
      assert.equal(parseQuantity(`${value}${suffix}`, name), value * factor);
    }),
    { seed },
  );
});
