/** A small strict reader of XML 1.0 without DTD: enough to say that what we write is well-formed, and to look at it. */
import assert from "node:assert/strict";

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Of the element itself, without its children's. */
  readonly text: string;
}

const NAME = "[A-Za-z_][\\w.-]*";
const TOKEN = new RegExp(`<(/?)(${NAME})((?:\\s+${NAME}="[^"<]*")*)\\s*(/?)>|([^<]+)`, "y");
const ATTRIBUTE = new RegExp(`(${NAME})="([^"<]*)"`, "g");
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Fails on anything that is not well-formed. */
export function parseXml(source: string): XmlElement {
  const declaration = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/.exec(source);
  assert.ok(declaration, "no XML declaration");
  const root = { name: "", attributes: {}, children: [] as XmlElement[], text: "" };
  const open = [root];
  TOKEN.lastIndex = declaration[0].length;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(source);
    assert.ok(token, `not well-formed at ${at}: ${source.slice(at, at + 60)}`);
    const [, closing, name, attributes = "", empty, text] = token;
    const parent = open.at(-1)!;
    if (text !== undefined) parent.text += resolveEntities(text);
    else if (closing === "/") {
      assert.equal(name, parent.name, "closes another element than is open");
      open.pop();
    } else {
      const element = { name: name!, attributes: attributesOf(attributes), children: [], text: "" };
      parent.children.push(element);
      if (empty !== "/") open.push(element);
    }
  }
  assert.equal(open.length, 1, "an element is not closed");
  assert.equal(root.children.length, 1, "one root element");
  assert.equal(root.text.trim(), "", "text outside the root");
  return root.children[0]!;
}

function attributesOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(ATTRIBUTE)].map(
    ([, name, value]) => [name!, resolveEntities(value!)] as const,
  );
  assert.equal(new Set(pairs.map(([name]) => name)).size, pairs.length, "an attribute stands twice");
  return Object.fromEntries(pairs);
}

function resolveEntities(text: string): string {
  assert.ok(/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd]*$/.test(text), "a character that XML forbids");
  return text.replaceAll(/&([^;]*);?/g, (reference, name: string) => {
    const sign = ENTITIES[name];
    assert.ok(sign !== undefined && reference.endsWith(";"), `unknown entity ${reference}`);
    return sign;
  });
}
