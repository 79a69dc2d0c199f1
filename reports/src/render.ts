import { createHash } from "node:crypto";
import { chartDataTable } from "./chart-data.ts";
import { type ChartConfig, chartConfig } from "./charts.ts";
import { embedJson, escapeHtml } from "./escape.ts";
import type { ReportChart, ReportFact, ReportModel, ReportSection, ReportVerdict } from "./model.ts";
import { colourIndexes, PALETTE } from "./palette.ts";
import { renderTable } from "./tables.ts";
import { BOOT_SCRIPT } from "./template/boot.ts";
import { STYLE } from "./template/style.ts";

const TONE_WORDS = { good: "Sound", warn: "With reservations", bad: "Not sound" } as const;
/** Labels of more bar groups stand aslant on a narrow screen and need room. */
const MANY_CATEGORIES = 4;

const TONE_SIGNS = { good: "✓", warn: "!", bad: "✗", plain: "·" } as const;

/**
 * The report as one HTML document that needs nothing else: it works from a file, from a mail, without a network,
 * which its content security policy forbids.
 * @param chartLibrary chart.js as a classic script, see readChartLibrary
 */
export function renderReport(model: ReportModel, chartLibrary: string): string {
  const colours = colourIndexes(model);
  const configs: ChartConfig[] = [];
  const sections = model.sections.map((section, index) => renderSection(section, index, colours, configs));
  const scripts = [chartLibrary, BOOT_SCRIPT];
  const policy = `default-src 'none'; script-src ${scripts.map(hashSource).join(" ")}; style-src ${hashSource(STYLE)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(model.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escapeHtml(model.title)}</h1>
<p class="measured">${escapeHtml(model.measuredAt)}</p>
<p class="command"><span>Command</span> <code>${escapeHtml(model.command)}</code></p>
</header>
<main>
${renderVerdict(model.verdict)}
${renderContents(model)}
${sections.join("\n")}
${renderFacts("How to read the figures", model.glossary, "reading")}
${renderFacts("Where and how it was measured", model.facts, "facts")}
</main>
<noscript><p class="noscript">Charts are drawn by a script; without it, each chart's figures stand in the table beneath it.</p></noscript>
<script type="application/json" id="report-data">${embedJson({ charts: configs, palette: PALETTE })}</script>
<script>${scripts[0]}</script>
<script>${scripts[1]}</script>
</body>
</html>
`;
}

function hashSource(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

function renderVerdict(verdict: ReportVerdict): string {
  const statements = verdict.statements.map(
    ({ label, text, tone }) =>
      `<div class="${tone}"><dt><span class="sign" aria-hidden="true">${TONE_SIGNS[tone]}</span>${escapeHtml(label)}</dt><dd>${escapeHtml(text)}</dd></div>`,
  );
  return `<section class="verdict ${verdict.tone}" aria-labelledby="verdict">
<p class="badge">${TONE_SIGNS[verdict.tone]} ${escapeHtml(verdict.badge ?? TONE_WORDS[verdict.tone])}</p>
<h2 id="verdict">${escapeHtml(verdict.headline)}</h2>
<dl>
${statements.join("\n")}
</dl>
</section>`;
}

function renderContents(model: ReportModel): string {
  if (model.sections.length < 2) return "";
  const links = model.sections.map(
    ({ heading }, index) => `<li><a href="#${sectionId(index)}">${escapeHtml(heading)}</a></li>`,
  );
  return `<nav aria-label="Sections"><ul>${links.join("")}<li><a href="#reading">How to read</a></li><li><a href="#facts">Machine and versions</a></li></ul></nav>`;
}

function sectionId(index: number): string {
  return `section-${index + 1}`;
}

function renderSection(
  section: ReportSection,
  index: number,
  colours: ReadonlyMap<string, number>,
  configs: ChartConfig[],
): string {
  const charts = section.charts.map((chart) => {
    configs.push(chartConfig(chart, colours));
    return renderChart(chart, configs.length - 1, colours);
  });
  const facts = section.facts.map(
    ([label, text]) => `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(text)}</dd></div>`,
  );
  const notes = section.notes.map((note) => `<li>${escapeHtml(note)}</li>`);
  return [
    `<section id="${sectionId(index)}" aria-labelledby="${sectionId(index)}-heading">`,
    `<h2 id="${sectionId(index)}-heading">${escapeHtml(section.heading)}</h2>`,
    `<p class="question">${escapeHtml(section.question)}</p>`,
    facts.length ? `<dl class="chips">${facts.join("")}</dl>` : "",
    ...section.tables.filter(({ collapsed }) => !collapsed).map((table) => renderTable(table, colours)),
    notes.length ? `<ul class="notes">${notes.join("")}</ul>` : "",
    charts.length ? `<div class="charts">${charts.join("\n")}</div>` : "",
    ...section.tables.filter(({ collapsed }) => collapsed).map((table) => renderTable(table, colours)),
    "</section>",
  ]
    .filter((part) => part !== "")
    .join("\n");
}

function renderChart(chart: ReportChart, index: number, colours: ReadonlyMap<string, number>): string {
  const caption = escapeHtml(chart.caption);
  const note = chart.note === undefined ? "" : `<span class="note">${escapeHtml(chart.note)}</span>`;
  const many = (chart.categories?.length ?? 0) > MANY_CATEGORIES ? " many" : "";
  return `<figure><figcaption>${caption}${note}</figcaption>
<div class="canvas${many}"><canvas data-chart="${index}" role="img" aria-label="${caption}. The figures are in the table that follows."></canvas></div>
<details><summary>Figures of this chart</summary>
${renderTable(chartDataTable(chart), colours)}
</details></figure>`;
}

function renderFacts(heading: string, facts: readonly ReportFact[], id: string): string {
  if (facts.length === 0) return "";
  const items = facts.map(
    ([label, text]) => `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(text)}</dd></div>`,
  );
  return `<section id="${id}" aria-labelledby="${id}-heading"><h2 id="${id}-heading">${escapeHtml(heading)}</h2>
<dl class="facts">
${items.join("\n")}
</dl></section>`;
}
