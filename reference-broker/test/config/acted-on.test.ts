import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { fieldName, optionNames } from "../../src/config/schema.ts";

const SOURCE = fileURLToPath(new URL("../../src/", import.meta.url));

/** What stands in the broker's own sources, the options' folder left out. */
function sourcesBesideConfig(): string {
  const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts") && !file.startsWith(`config${path.sep}`))
    .map((file) => readFileSync(path.join(SOURCE, file), "utf8"))
    .join("\n");
}

test("the broker reads every option: none is parsed and ignored", () => {
  const sources = sourcesBesideConfig();
  const unread = optionNames.filter((name) => {
    const field = fieldName(name);
    return !new RegExp(`\\bconfig\\.${field}\\b|\\{[^{}]*\\b${field}\\b[^{}]*\\} = config\\b`).test(sources);
  });
  assert.deepEqual(unread, []);
});
