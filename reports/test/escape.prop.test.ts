import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { embedJson, escapeHtml } from "../src/escape.ts";

const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("</script>", "<!--", "<script>", "]]>", "\u2028", "&lt;", "\"'`"),
);

test("embedded JSON reads back as it was and holds nothing that ends its element", () => {
  fc.assert(
    fc.property(fc.array(hostile), (value) => {
      const text = embedJson(value);
      assert.deepEqual(JSON.parse(text), value);
      assert.doesNotMatch(text, /[<>\u2028\u2029]/);
    }),
  );
});

test("escaped text holds no markup and loses nothing", () => {
  const entities = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };
  fc.assert(
    fc.property(hostile, (text) => {
      const escaped = escapeHtml(text);
      assert.doesNotMatch(escaped, /[<>"']/);
      const back = escaped.replace(
        /&(lt|gt|quot|#39|amp);/g,
        (entity) => entities[entity as keyof typeof entities],
      );
      assert.equal(back, text);
    }),
  );
});
