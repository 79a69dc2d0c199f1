/**
 * A buffer that is filled, kept while 63 others are taken, and let go: new each time (memory of its own, as the broker
 * allocates what it keeps), from Node's own slab where that applies, from the broker's pool, and carved out of the pool's
 * slabs as small requests are. Filling is part of all of them, for new memory costs its page faults only then.
 */
import { allocateUnpooled } from "../../../src/base/allocate.ts";
import { BufferPool, type Lease } from "../../../src/base/buffer-pool.ts";
import type { Benchmark, Subject, Suite } from "../benchmark.ts";
import { CLAIMS } from "../claims.ts";
import { randomBytes } from "../random-input.ts";

const KIBIBYTE = 1024;
const SIZES = [KIBIBYTE, 4 * KIBIBYTE, 16 * KIBIBYTE, 256 * KIBIBYTE];
/** Larger ones are not carved. */
const CARVED_UP_TO_BYTES = 16 * KIBIBYTE;
const KEPT = 64;
const IDLE_LIMIT_BYTES = 64 * KIBIBYTE * KIBIBYTE;
const OPERATIONS = 2000;

function filling(bytes: number, allocate: (bytes: number) => Buffer): Subject {
  const source = randomBytes(bytes);
  const kept: (Buffer | null)[] = Array.from({ length: KEPT }, () => null);
  return {
    operations: OPERATIONS,
    run: () => {
      let sum = 0;
      for (let at = 0; at < OPERATIONS; at++) {
        const buffer = allocate(bytes);
        source.copy(buffer);
        sum += buffer[at % bytes]!;
        kept[at % KEPT] = buffer;
      }
      return sum;
    },
  };
}

/** What has the place of the next among those kept is given back first. */
function keeping(take: () => Lease): () => Lease {
  const kept: (Lease | null)[] = Array.from({ length: KEPT }, () => null);
  let taken = 0;
  return () => {
    const place = taken++ % KEPT;
    kept[place]?.release();
    const lease = take();
    kept[place] = lease;
    return lease;
  };
}

function hitRatio({ hits, misses }: BufferPool): number {
  return hits / (hits + misses);
}

function pooled(bytes: number): Subject {
  const pool = new BufferPool(IDLE_LIMIT_BYTES, KIBIBYTE);
  const next = keeping(() => pool.take(bytes)!);
  return {
    ...filling(bytes, () => next().buffer),
    figures: () => ({ "hit ratio": hitRatio(pool) }),
  };
}

function carved(bytes: number): Subject {
  const pool = new BufferPool(IDLE_LIMIT_BYTES);
  let at = 0;
  const next = keeping(() => {
    const place = pool.carve(bytes)!;
    at = place.at;
    return place.lease;
  });
  return {
    ...filling(bytes, () => next().buffer.subarray(at, at + bytes)),
    figures: () => ({ "hit ratio of slabs": hitRatio(pool) }),
  };
}

/** Copies into memory that is always the same: what is left when allocation costs nothing. */
function copying(bytes: number): Subject {
  const target = allocateUnpooled(bytes);
  return filling(bytes, () => target);
}

function benchmarksOf(bytes: number): Benchmark[] {
  const size = `${bytes / KIBIBYTE} KiB`;
  const common = { operation: "buffer", bytesPerOperation: bytes };
  return [
    { ...common, name: `buffers of ${size}: none, the copy alone`, prepare: () => copying(bytes) },
    {
      ...{ ...common, name: `buffers of ${size}: new, memory of its own`, claim: CLAIMS.newBuffer },
      prepare: () => filling(bytes, allocateUnpooled),
    },
    {
      ...{ ...common, name: `buffers of ${size}: new, Buffer.allocUnsafe` },
      prepare: () => filling(bytes, (length) => Buffer.allocUnsafe(length)),
    },
    {
      ...{ ...common, name: `buffers of ${size}: pooled`, claim: CLAIMS.pooledBuffer },
      prepare: () => pooled(bytes),
    },
    ...(bytes > CARVED_UP_TO_BYTES
      ? []
      : [{ ...common, name: `buffers of ${size}: carved out of slabs`, prepare: () => carved(bytes) }]),
  ];
}

export const suite: Suite = { benchmarks: SIZES.flatMap(benchmarksOf) };
