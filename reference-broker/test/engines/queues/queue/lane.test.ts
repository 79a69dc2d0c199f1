import assert from "node:assert/strict";
import { test } from "node:test";
import { CHUNK_SLOTS, NEVER, SLOT } from "../../../../src/engines/queues/queue/chunk.ts";
import { Lane } from "../../../../src/engines/queues/queue/lane.ts";
import { messageOf } from "./test-queue.ts";

const A_MESSAGE = messageOf("m");

function laneOf(count: number): Lane {
  const lane = new Lane();
  for (let at = 0; at < count; at++) lane.append(A_MESSAGE, SLOT.ready, NEVER);
  return lane;
}

function deliver(lane: Lane): number {
  assert.ok(lane.findHead());
  const { headSequence, headChunk, headIndex } = lane;
  headChunk.setPhase(headIndex, SLOT.unacknowledged);
  lane.readyCount--;
  lane.passHead();
  return headSequence;
}

function settle(lane: Lane, sequence: number): void {
  const chunk = lane.chunkOf(sequence)!;
  lane.settle(chunk, sequence - chunk.base);
}

function requeue(lane: Lane, sequence: number): void {
  const chunk = lane.chunkOf(sequence)!;
  chunk.setPhase(sequence - chunk.base, SLOT.ready);
  lane.reinsert(sequence);
}

function order(lane: Lane): number[] {
  const sequences: number[] = [];
  while (lane.findHead()) sequences.push(deliver(lane));
  return sequences;
}

test("requeued messages come back where they stood, in whatever order they are requeued", () => {
  const lane = laneOf(10);
  for (let at = 0; at < 6; at++) deliver(lane);
  settle(lane, 2);
  for (const sequence of [4, 0, 5, 1]) requeue(lane, sequence);
  assert.deepEqual(order(lane), [0, 1, 4, 5, 6, 7, 8, 9]);
});

test("a message that was requeued twice comes once each time", () => {
  const lane = laneOf(3);
  for (let round = 0; round < 3; round++) {
    assert.deepEqual([deliver(lane), deliver(lane)], [0, 1]);
    requeue(lane, 0);
    requeue(lane, 1);
  }
  assert.deepEqual(order(lane), [0, 1, 2]);
});

test("a chunk whose messages are all settled is dropped, wherever it stands", () => {
  const lane = laneOf(4 * CHUNK_SLOTS);
  for (let at = 0; at < 4 * CHUNK_SLOTS; at++) deliver(lane);
  assert.equal(lane.liveChunks().length, 4);
  for (let at = CHUNK_SLOTS; at < 2 * CHUNK_SLOTS; at++) settle(lane, at);
  assert.equal(lane.liveChunks().length, 3, "in the middle");
  assert.equal(lane.chunkOf(CHUNK_SLOTS), null);
  for (let at = 0; at < CHUNK_SLOTS - 1; at++) settle(lane, at);
  assert.equal(lane.liveChunks().length, 3, "one unacknowledged message pins one chunk");
  requeue(lane, CHUNK_SLOTS - 1);
  assert.equal(deliver(lane), CHUNK_SLOTS - 1);
  settle(lane, CHUNK_SLOTS - 1);
  assert.equal(lane.liveChunks().length, 2);
  requeue(lane, 2 * CHUNK_SLOTS);
  assert.deepEqual(order(lane), [2 * CHUNK_SLOTS]);
});

test("a chunk is dropped when it fills up after all in it was settled", () => {
  const lane = laneOf(CHUNK_SLOTS);
  for (let at = 0; at < CHUNK_SLOTS; at++) deliver(lane);
  for (let at = CHUNK_SLOTS; at < 3 * CHUNK_SLOTS + 1; at++) {
    lane.append(A_MESSAGE, SLOT.ready, NEVER);
    settle(lane, deliver(lane));
  }
  assert.equal(lane.liveChunks().length, 2, "the first, pinned, and the last");
});

test("a short queue uses one chunk for ever, and keeps its sequences apart", () => {
  const lane = new Lane();
  const chunk = lane.last;
  for (let at = 0; at < 10 * CHUNK_SLOTS; at++) {
    assert.equal(lane.append(A_MESSAGE, SLOT.ready, NEVER), at);
    assert.equal(deliver(lane), at);
    settle(lane, at);
  }
  assert.equal(lane.last, chunk);
  assert.ok(chunk.slots.length < CHUNK_SLOTS / 2, "slots grow with use only");
  assert.equal(lane.chunkOf(5), null);
});

test("what was settled out of turn is passed over, also where a whole chunk of it went", () => {
  const lane = laneOf(3 * CHUNK_SLOTS);
  for (let at = 10; at < 2 * CHUNK_SLOTS + 5; at++) {
    lane.readyCount--;
    settle(lane, at);
  }
  const sequences = order(lane);
  assert.deepEqual(sequences.slice(0, 11), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2 * CHUNK_SLOTS + 5]);
  assert.equal(sequences.length, 10 + CHUNK_SLOTS - 5);
});
