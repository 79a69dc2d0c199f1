import { escapeHtml } from "./escape.ts";
import type { ReportCell, ReportTable } from "./model.ts";

/** A table with caption, column and row headings, in a box that scrolls sideways by itself on a narrow screen. */
export function renderTable(table: ReportTable, colours: ReadonlyMap<string, number>): string {
  const caption = escapeHtml(table.caption);
  const note = table.note === undefined ? "" : `<span class="note">${escapeHtml(table.note)}</span>`;
  const heads = table.columns
    .map(
      ({ heading, align, colourKey }) =>
        `<th scope="col" class="${align}">${renderSwatch(colourKey, colours)}${escapeHtml(heading)}</th>`,
    )
    .join("");
  const bodies = table.groups.map((group) => renderGroup(group, table, colours)).join("\n");
  const box = `<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
<table><caption><div>${caption}${note}</div></caption>
<thead><tr>${heads}</tr></thead>
${bodies}
</table></div>`;
  return table.collapsed ? `<details class="table"><summary>${caption}</summary>\n${box}\n</details>` : box;
}

function renderGroup(
  group: ReportTable["groups"][number],
  table: ReportTable,
  colours: ReadonlyMap<string, number>,
): string {
  const label =
    group.label === null
      ? ""
      : `<tr class="group"><th scope="rowgroup" colspan="${table.columns.length}">${escapeHtml(group.label)}</th></tr>\n`;
  const rows = group.rows.map((row) => {
    const cells = row.map((cell, index) =>
      renderCell(cell, index, table.columns[index]?.align ?? "left", colours),
    );
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<tbody>\n${label}${rows.join("\n")}\n</tbody>`;
}

function renderCell(
  cell: ReportCell,
  index: number,
  align: "left" | "right",
  colours: ReadonlyMap<string, number>,
): string {
  const tag = index === 0 ? "th" : "td";
  const scope = index === 0 ? ' scope="row"' : "";
  const tone = cell.tone === undefined ? "" : ` ${cell.tone}`;
  const title = cell.title === undefined ? "" : ` title="${escapeHtml(cell.title)}"`;
  const swatch = renderSwatch(cell.colourKey, colours);
  const detail = cell.detail === undefined ? "" : `<small>${escapeHtml(cell.detail)}</small>`;
  return `<${tag}${scope} class="${align}${tone}"${title}>${swatch}${escapeHtml(cell.text)}${detail}</${tag}>`;
}

function renderSwatch(colourKey: string | undefined, colours: ReadonlyMap<string, number>): string {
  const colour = colourKey === undefined ? undefined : colours.get(colourKey);
  return colour === undefined ? "" : `<span class="swatch colour-${colour}" aria-hidden="true"></span>`;
}
