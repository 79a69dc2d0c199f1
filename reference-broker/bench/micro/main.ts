/**
 * `npm run bench micro`: the broker's mechanisms alone, each beside the seeds' figure where they name one. Options:
 * --only TEXT (part of a name), --quick, --samples N (default 9), --json FILE.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { describeMachine } from "../machine.ts";
import { claimSources, formatMicro, summarize } from "./report.ts";
import { runSuites, samplingFor } from "./run.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    quick: { type: "boolean", default: false },
    samples: { type: "string", default: "9" },
    json: { type: "string" },
  },
});

const sampling = { ...samplingFor(options.quick), samples: Number(options.samples) };
const results = await runSuites({
  ...{ sampling, only: options.only },
  say: (text) => process.stderr.write(`${text}\n`),
});
process.stdout.write(`${formatMicro(results)}\n`);
const checksums = results.flatMap(({ measurements }) => measurements.map(({ checksum }) => checksum));
process.stdout.write(`Checksum of all work: ${checksums.reduce((sum, one) => (sum * 31 + one) | 0, 0)}\n`);
for (const source of claimSources(results)) process.stdout.write(`Claim: ${source}\n`);
if (options.json !== undefined) {
  const suites = results.map((result) => ({
    ...result,
    measurements: result.measurements.map((one) => ({ ...one, summary: summarize(one) })),
  }));
  const document = { schemaVersion: 1, machine: describeMachine(), sampling, suites };
  writeFileSync(options.json, `${JSON.stringify(document, null, 2)}\n`);
}
