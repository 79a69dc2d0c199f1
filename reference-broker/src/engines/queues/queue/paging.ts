import { type Chunk, SLOT } from "./chunk.ts";
import type { Lane } from "./lane.ts";

/**
 * Lets go of up to `bytes` of bodies that the store has, from the end of the lane, for those are wanted last. Unacknowledged
 * ones go too: they are wanted only if they come back. Returns the bytes.
 */
export function pageOutLane(lane: Lane, bytes: number): number {
  const chunks = lane.liveChunks();
  let given = 0;
  for (let at = chunks.length - 1; at >= 0 && given < bytes; at--) {
    const chunk = chunks[at]!;
    for (let index = chunk.used - 1; index >= 0 && chunk.resident > 0 && given < bytes; index--) {
      given += pageOutSlot(chunk, index);
    }
    if (chunk !== lane.last) chunk.pack();
  }
  return given;
}

/** Returns the bytes of the body; 0: it is not in memory, or nowhere else. */
export function pageOutSlot(chunk: Chunk, index: number): number {
  const message = chunk.slots[index];
  if (message == null || (chunk.states[index]! & SLOT.stored) === 0) return 0;
  chunk.setPagedBytes(index, message.bodyBytes);
  chunk.unload(index);
  return message.bodyBytes;
}
