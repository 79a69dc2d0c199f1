import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Compares with a kept file; `UPDATE_GOLDEN=1` writes it instead, for reading the difference in git. */
export function assertGolden(actual: string, file: URL): void {
  const text = `${actual}\n`;
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(file, text);
  assert.equal(text, readFileSync(file, "utf8"), `differs from ${fileURLToPath(file)}`);
}
