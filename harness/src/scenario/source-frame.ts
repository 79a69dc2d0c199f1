/** The line of a mistake with its neighbours and a caret under the place. Lines and columns count from 1. */
export function sourceFrame(text: string, line: number, column: number, length: number): string {
  const lines = text.trimEnd().split("\n");
  const first = Math.max(1, line - 1);
  const last = Math.max(line, Math.min(lines.length, line + 1));
  const width = String(last).length;
  const out: string[] = [];
  for (let number = first; number <= last; number++) {
    const content = (lines[number - 1] ?? "").trimEnd();
    out.push(`  ${String(number).padStart(width)} | ${content}`.trimEnd());
    if (number === line) {
      const carets = "^".repeat(Math.max(1, Math.min(length, content.length - column + 1)));
      out.push(`  ${" ".repeat(width)} | ${" ".repeat(column - 1)}${carets}`);
    }
  }
  return out.join("\n");
}
