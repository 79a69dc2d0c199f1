import type { Injector } from "./injector.ts";
import { onPublished } from "./on-published.ts";

/** Memory is taken in pieces of this size: one by one small pieces would cost CPU and the collector's time as well. */
const PIECE_BYTES = 64 * 1024;
const TOUCHED = 0xa5;

export const injector: Injector<"bytes"> = {
  effect: "Keeps some bytes for every message, until the process ends",
  parameters: { bytes: { doc: "bytes for each message", min: 1, max: 16 * 1024 * 1024, default: null } },
  apply: ({ bytes }, counters) => {
    const kept: Buffer[] = [];
    let owedBytes = 0;
    onPublished((messages) => {
      owedBytes += messages * bytes;
      for (; owedBytes >= PIECE_BYTES; owedBytes -= PIECE_BYTES) {
        kept.push(Buffer.allocUnsafeSlow(PIECE_BYTES).fill(TOUCHED));
        counters.leakedBytes += PIECE_BYTES;
      }
    });
  },
};
