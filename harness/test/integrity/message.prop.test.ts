import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  checksum,
  MIN_VALUE_BYTES,
  payloadState,
  sealMessage,
  writeStamp,
} from "../../src/integrity/message.ts";

const value = fc.uint8Array({ minLength: MIN_VALUE_BYTES, maxLength: 300 });

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

test("stamping keeps the checksum true, wherever the value lies", () => {
  fc.assert(
    fc.property(value, fc.nat(9), (content, offset) => {
      const bytes = new Uint8Array(offset + content.length);
      bytes.set(content, offset);
      const view = viewOf(bytes);
      sealMessage(view, offset, content.length, { template: 3, index: 0 });
      assert.equal(view.getUint32(offset, true), checksum(view, offset, content.length));
      const state = payloadState(view, offset, content.length);
      writeStamp(view, offset, state, 1, 2, 3, 4.5, 5.5);
      assert.equal(view.getUint32(offset, true), checksum(view, offset, content.length));
    }),
  );
});

test("a changed byte and two swapped words change the checksum", () => {
  fc.assert(
    fc.property(value, fc.nat(), fc.integer({ min: 1, max: 255 }), (content, at, flip) => {
      const before = checksum(viewOf(content), 0, content.length);
      const changed = Uint8Array.from(content);
      changed[4 + (at % (content.length - 4))]! ^= flip;
      assert.notEqual(checksum(viewOf(changed), 0, changed.length), before);
      const swapped = Uint8Array.from(content);
      swapped.copyWithin(4, 8, 12);
      swapped.set(content.subarray(4, 8), 8);
      if (Buffer.compare(swapped, content) !== 0) {
        assert.notEqual(checksum(viewOf(swapped), 0, swapped.length), before);
      }
    }),
  );
});
