import { type Chunk, SLOT } from "./chunk.ts";
import type { Lane } from "./lane.ts";
import type { TransientPages } from "./transient-pages.ts";

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

/**
 * Moves transient messages to `pages`, about `bytes` of bodies, from the end of the lane, but in their order, in which they
 * will be read. Returns the bytes.
 */
export function moveToPages(lane: Lane, bytes: number, pages: TransientPages): number {
  const chunks = lane.liveChunks();
  let at = chunks.length;
  for (let found = 0; at > 0 && found < bytes; ) found += transientBytes(chunks[--at]!);
  let given = 0;
  for (; at < chunks.length && given < bytes; at++) {
    const chunk = chunks[at]!;
    for (let index = 0; index < chunk.used && chunk.resident > 0; index++) {
      const moved = moveSlot(chunk, index, pages);
      if (moved < 0) return given;
      given += moved;
    }
    if (chunk !== lane.last) chunk.pack();
  }
  return given;
}

function transientBytes(chunk: Chunk): number {
  let bytes = 0;
  if (chunk.resident === 0) return 0;
  for (let index = 0; index < chunk.used; index++) {
    const message = chunk.slots[index];
    if (message != null && (chunk.states[index]! & SLOT.stored) === 0) bytes += message.bodyBytes;
  }
  return bytes;
}

/** -1: there is no place for it. */
function moveSlot(chunk: Chunk, index: number, pages: TransientPages): number {
  const message = chunk.slots[index];
  if (message == null || (chunk.states[index]! & SLOT.stored) !== 0) return 0;
  const number = pages.add(message);
  if (number < 0) return -1;
  chunk.setPaged(index, number, message.bodyBytes);
  chunk.unload(index);
  return message.bodyBytes;
}
