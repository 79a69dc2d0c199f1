import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BufferPool } from "../../../src/base/buffer-pool.ts";
import { FrameBudget, FrameParser, FrameTooLarge } from "../../../src/protocols/kafka/frame-parser.ts";

const MAX_FRAME_BYTES = 300_000;

function stream(bodies: readonly Buffer[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(body.length);
      return [length, body];
    }),
  );
}

/** The stream cut into pieces whose sizes repeat `sizes`, each in memory that is overwritten after use. */
function* chunksOf(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  const shared = Buffer.alloc(Math.max(...sizes));
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    const chunk = shared.subarray(0, bytes.copy(shared, 0, at, at + size));
    yield chunk;
    chunk.fill(0xee);
    at += size;
  }
}

const bodySize = fc.oneof(
  { weight: 6, arbitrary: fc.nat(40) },
  { weight: 2, arbitrary: fc.integer({ min: 1000, max: 5000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 200_000 }) },
);
const chunkSize = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 100, max: 100_000 }));

test("any chunking of any frames gives the same frames, and the budget is whole again", () => {
  fc.assert(
    fc.property(
      fc.array(bodySize, { maxLength: 12 }),
      fc.array(chunkSize, { minLength: 1, maxLength: 5 }),
      (sizes, chunkSizes) => {
        const bodies = sizes.map((size, i) => Buffer.alloc(size, i + 1));
        const budget = new FrameBudget(1_000_000);
        const parser = new FrameParser(MAX_FRAME_BYTES, budget, new BufferPool(1_000_000));
        const got: Buffer[] = [];
        for (const chunk of chunksOf(stream(bodies), chunkSizes)) {
          const complete = parser.push(chunk, (body, lease) => {
            got.push(Buffer.from(body));
            lease?.release();
          });
          assert.ok(complete);
        }
        assert.deepEqual(got, bodies);
        assert.equal(budget.usedBytes, 0);
        assert.equal(parser.isInFrame, false);
      },
    ),
    { numRuns: 300 },
  );
});

test("a length that is negative or too large is refused, however it is cut", () => {
  for (const bytes of [-1, -(2 ** 31), MAX_FRAME_BYTES + 1, 2 ** 31 - 1]) {
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes);
    for (let cut = 0; cut < 4; cut++) {
      const parser = new FrameParser(MAX_FRAME_BYTES, new FrameBudget(1000), new BufferPool(0));
      assert.throws(() => {
        if (cut > 0) parser.push(length.subarray(0, cut), () => {});
        parser.push(length.subarray(cut), () => {});
      }, FrameTooLarge);
    }
  }
});

test("beyond the budget frames wait, go on in the order they came, and none is lost", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ parser: fc.nat(3), bytes: fc.integer({ min: 1, max: 400 }) }), { maxLength: 300 }),
      fc.array(fc.array(fc.integer({ min: 50, max: 900 }), { minLength: 3, maxLength: 3 }), {
        minLength: 4,
        maxLength: 4,
      }),
      (schedule, sizes) => {
        const budget = new FrameBudget(1000);
        const peers = sizes.map((bodySizes, i) => {
          const bodies = bodySizes.map((size, j) => Buffer.alloc(size, i * 16 + j));
          const parser = new FrameParser(MAX_FRAME_BYTES, budget, new BufferPool(0));
          return { parser, bodies, unsent: stream(bodies), got: [] as Buffer[] };
        });
        const step = (peer: (typeof peers)[number], bytes: number) => {
          if (peer.parser.isBlocked || peer.unsent.length === 0) return;
          const chunk = peer.unsent.subarray(0, bytes);
          peer.unsent = peer.unsent.subarray(bytes);
          const keep = (body: Buffer) => void peer.got.push(Buffer.from(body));
          const retry = (): void => {
            if (!peer.parser.resume(keep)) budget.whenFreed(retry);
          };
          if (!peer.parser.push(chunk, keep)) budget.whenFreed(retry);
          assert.ok(budget.usedBytes <= 1000);
        };
        for (const { parser, bytes } of schedule) step(peers[parser]!, bytes);
        for (let round = 0; round < 200; round++) for (const peer of peers) step(peer, 100);
        for (const { got, bodies } of peers) assert.deepEqual(got, bodies);
        assert.equal(budget.usedBytes, 0);
      },
    ),
    { numRuns: 200 },
  );
});

test("a connection that ends inside a frame gives its share of the budget back, once", () => {
  const budget = new FrameBudget(1000);
  const parser = new FrameParser(MAX_FRAME_BYTES, budget, new BufferPool(0));
  parser.push(stream([Buffer.alloc(500)]).subarray(0, 100), () => {});
  assert.equal(budget.usedBytes, 500);
  parser.dispose();
  parser.dispose();
  assert.equal(budget.usedBytes, 0);
});
