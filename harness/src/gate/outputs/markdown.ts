/** Text in GitHub's Markdown. */

/** Nothing in it is markup, a mention or the end of a table cell. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\\`*_{}[\]<>|~#]/g, (sign) => `\\${sign}`)
    .replaceAll("@", "@\u200b");
}

/** Text as it stands, in a fixed pitch; also within a table. */
export function code(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").replaceAll("`", "'");
  return `\`${line.replaceAll("|", "\\|")}\``;
}

export function markdownTable(
  columns: readonly { readonly heading: string; readonly align: "left" | "right" }[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map(({ heading }) => heading)),
    line(columns.map(({ align }) => (align === "right" ? "---:" : "---"))),
    ...rows.map(line),
  ].join("\n");
}

/** Opens on demand. `body` is Markdown. */
export function collapsed(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** Parts in their order as far as they fit; what is left out is said. Empty where not even the first one fits. */
export function withinBytes(parts: readonly string[], limitBytes: number): string {
  const notice = "\n_More was left out for want of room._\n";
  const room = limitBytes - Buffer.byteLength(notice);
  let text = "";
  for (const part of parts) {
    const longer = text === "" ? `${part}\n` : `${text}\n${part}\n`;
    if (Buffer.byteLength(longer) > room) return text === "" ? "" : `${text}${notice}`;
    text = longer;
  }
  return text;
}
