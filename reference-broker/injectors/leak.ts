import type { Injector } from "./injector.ts";
import { onPublished } from "./on-published.ts";

/** Memory is taken in pieces of this size: one by one small pieces would cost CPU and the collector's time as well. */
const PIECE_BYTES = 64 * 1024;
const TOUCHED = 0xa5;

export const injector: Injector<"bytes" | "every"> = {
  effect: "Keeps some bytes for each so-manieth message, until the process ends",
  parameters: {
    bytes: { doc: "bytes", min: 1, max: 16 * 1024 * 1024, default: null },
    every: { doc: "messages from one leak to the next", min: 1, max: 1_000_000_000, default: 1 },
  },
  apply: ({ bytes, every }, counters) => {
    const kept: Buffer[] = [];
    let owedBytes = 0;
    onPublished((messages) => {
      owedBytes += (messages * bytes) / every;
      for (; owedBytes >= PIECE_BYTES; owedBytes -= PIECE_BYTES) {
        kept.push(Buffer.allocUnsafeSlow(PIECE_BYTES).fill(TOUCHED));
        counters.leakedBytes += PIECE_BYTES;
      }
    });
  },
};
