import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountFor,
  idleCores,
  type MeterReading,
  type RecordedBlock,
  usedCpuNs,
} from "../../src/load-processes/slice-accounts.ts";

/** At a millisecond: CPU of both sides, the generator's and the machine's, in milliseconds. */
function at(
  ms: number,
  sides: readonly (number | null)[],
  generator: number,
  busy: number | null,
): MeterReading {
  return {
    atUs: ms * 1e3,
    sidesNs: sides.map((side) => (side === null ? null : side * 1e6)),
    parentNs: ms * 1e5,
    generatorNs: generator * 1e6,
    busyNs: busy === null ? null : busy * 1e6,
    pressureNs: ms * 1e4,
  };
}

const NONE = { p50: null, p90: null, p99: null, p99_9: null };

function blockWith(busy: readonly (number | null)[]): RecordedBlock {
  const [b0, e0, n0, e1, n1] = busy as [
    number | null,
    number | null,
    number | null,
    number | null,
    number | null,
  ];
  const first = { begin: at(0, [0, 0], 0, b0), end: at(20, [10, 1], 5, e0), next: at(30, [12, 2], 6, n0) };
  const second = { begin: first.next, end: at(50, [12, 10], 10, e1), next: at(60, [13, 12], 11, n1) };
  return {
    slices: [
      { side: 0, messages: 100, samples: 10, wallNs: 20e6, ...NONE, ...first },
      { side: 1, messages: 100, samples: 10, wallNs: 20e6, ...NONE, ...second },
    ],
    before: { busyNs: 0, stealNs: 0 },
    after: { busyNs: 60e6, stealNs: 30e6 },
  };
}

test("a side has the CPU until the next slice, meters end with the last confirmation", () => {
  const [first, second] = accountFor(blockWith([0, 30, 40, 70, 80]));
  assert.equal(first?.cpuNs, 12e6);
  assert.equal(first?.idleCpuNs, 2e6);
  assert.equal(second?.cpuNs, 10e6);
  assert.equal(second?.idleCpuNs, 1e6);
  assert.equal(first?.generatorCpuNs, 5e6);
  assert.equal(first?.pressureNs, 20e4);
  // 30 busy, of which 10 + 1 sides, 5 generator, 2 what started it.
  assert.equal(first?.foreignNs, 12e6);
  // 30 busy, of which 8 and 0 sides, 4 generator, 2 what started it.
  assert.equal(second?.foreignNs, 16e6);
});

test("ticks are those of a block, shared out by time", () => {
  const [first, second] = accountFor(blockWith([null, null, null, null, null]));
  // 60 busy, 25 sides, 11 generator, 6 what started it: 18 in 60 ms, a third of them for each slice.
  assert.equal(first?.foreignNs, 6e6);
  assert.equal(second?.foreignNs, 6e6);
  assert.equal(first?.stealNs, 10e6);
});

test("idle cores are over the time of others' slices", () => {
  const blocks = [blockWith([0, 30, 40, 70, 80])];
  assert.equal(idleCores(blocks, 0), 1 / 30);
  assert.equal(idleCores(blocks, 1), 2 / 30);
  assert.equal(idleCores([], 0), null);
  assert.equal(usedCpuNs(blocks, 0), 13e6);
});

test("a side whose CPU is not known leaves null, and the other's as it is", () => {
  const known = blockWith([0, 30, 40, 70, 80]);
  const without = (reading: MeterReading): MeterReading => ({
    ...reading,
    sidesNs: [reading.sidesNs[0]!, null],
  });
  const slices = known.slices.map((slice) => ({
    ...slice,
    begin: without(slice.begin),
    end: without(slice.end),
    next: without(slice.next),
  }));
  const [first, second] = accountFor({ ...known, slices });
  assert.equal(first?.cpuNs, 12e6);
  assert.equal(first?.idleCpuNs, null);
  assert.equal(second?.cpuNs, null);
  assert.equal(second?.idleCpuNs, 1e6);
  assert.equal(idleCores([{ ...known, slices }], 1), null);
});
