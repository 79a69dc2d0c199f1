import { readFileSync } from "node:fs";

/**
 * The installed chart.js as one classic script, for inlining. Its source map reference goes, since a browser's
 * developer tools would look for that file beside the report.
 */
export function readChartLibrary(): string {
  const script = readFileSync(new URL("./chart.umd.min.js", import.meta.resolve("chart.js")), "utf8");
  return script.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
}
