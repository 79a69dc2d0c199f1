/** CRC32C as the record batch format wants it, by the native module the broker uses. */
import { crc32c } from "@node-rs/crc32";
import type { Benchmark, Suite } from "../benchmark.ts";
import { randomBytes } from "../random-input.ts";

const SIZES = [64, 1024, 16 * 1024, 256 * 1024, 1024 * 1024];
const BYTES_PER_RUN = 16 * 1024 * 1024;
const MOST_PER_RUN = 20_000;

function benchmarkOf(bytes: number): Benchmark {
  return {
    ...{ name: `crc32c: ${bytes.toLocaleString("en")} B`, operation: "checksum", bytesPerOperation: bytes },
    prepare: () => {
      const input = randomBytes(bytes);
      const operations = Math.min(MOST_PER_RUN, BYTES_PER_RUN / bytes);
      return {
        operations,
        run: () => {
          let sum = 0;
          for (let at = 0; at < operations; at++) sum = crc32c(input, sum);
          return sum;
        },
      };
    },
  };
}

export const suite: Suite = { benchmarks: SIZES.map(benchmarkOf) };
