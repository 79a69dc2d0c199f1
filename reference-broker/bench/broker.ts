/**
 * `npm run bench broker`: start-up, idle cost, memory and produce latency of the reference broker, beside Apache Kafka's
 * where it is installed. Options: --repeat N, --starts N, --quick, --reference-only, --json FILE.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { TargetName } from "../test/support/broker-process.ts";
import { javaUnavailable } from "../test/support/kafka-install.ts";
import { type Durations, measureGenerator, measureTarget, type Repetition } from "./measure.ts";
import { CONNECTIONS, RECORD_BYTES, RECORDS_PER_REQUEST } from "./producer-load.ts";
import { describeMachine } from "./machine.ts";
import { bareNodeMs, startToFirstProduceMs } from "./startup.ts";
import { spreadOf } from "./spread.ts";
import { type BenchResult, formatTable, summarizeRows } from "./summary.ts";

const FULL: Durations = {
  ...{ quietMs: 10_000, idleMs: 10_000, maximumMs: 8000, openLoopMs: 15_000 },
  // A JVM compiles its hot paths for half a minute.
  warmupMs: { reference: 5000, kafka: 30_000 },
};
const QUICK: Durations = {
  ...{ quietMs: 2000, idleMs: 3000, maximumMs: 2000, openLoopMs: 4000 },
  warmupMs: { reference: 1000, kafka: 5000 },
};

const { values: options } = parseArgs({
  options: {
    repeat: { type: "string", default: "3" },
    starts: { type: "string", default: "9" },
    quick: { type: "boolean", default: false },
    "reference-only": { type: "boolean", default: false },
    json: { type: "string" },
  },
});

const root = fileURLToPath(new URL("../..", import.meta.url));
const entry = `${root}dist/broker/main.js`;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** What is measured is what is published: the compiled bundle, not stripped types. */
function buildBroker(): void {
  execFileSync("npm", ["run", "-s", "build"], { cwd: root, stdio: "inherit" });
}

function targetsToMeasure(): TargetName[] {
  if (options["reference-only"]) return ["reference"];
  const reason = javaUnavailable();
  if (reason === null) return ["reference", "kafka"];
  say(`kafka: not run: ${reason}`);
  return ["reference"];
}

async function main(): Promise<void> {
  const durations = options.quick ? QUICK : FULL;
  buildBroker();
  const targets = targetsToMeasure();
  const startupMs: Record<TargetName, number[]> = { reference: [], kafka: [] };
  const repetitions: Record<TargetName, Repetition[]> = { reference: [], kafka: [] };
  const bareNode: number[] = [];
  for (let at = 1; at <= Number(options.starts); at++) {
    bareNode.push(await bareNodeMs());
    for (const target of targets) startupMs[target].push(await startToFirstProduceMs(target, entry));
    say(`start ${at}/${options.starts}`);
  }
  for (let at = 1; at <= Number(options.repeat); at++) {
    // Turned round each time, so that none is always first.
    for (const target of at % 2 === 1 ? targets : targets.toReversed()) {
      repetitions[target].push(await measureTarget(target, entry, durations));
      say(`repetition ${at}/${options.repeat}: ${target} done`);
    }
  }
  const rates = targets.map((target) =>
    spreadOf(repetitions[target].map((one) => one.tenth.requestsPerSecond)),
  );
  const generator = await measureGenerator(Math.max(...rates.map((rate) => rate?.median ?? 1000)), durations);
  const runs = (target: TargetName) => ({ startupMs: startupMs[target], repetitions: repetitions[target] });
  const measured = Object.fromEntries(targets.map((target) => [target, runs(target)]));
  const result: BenchResult = { bareNodeMs: bareNode, targets: measured, generator };
  process.stdout.write(`${formatTable(result)}\n`);
  const unit = `A request is one batch of ${RECORDS_PER_REQUEST} records of ${RECORD_BYTES} B, acks=all, durability os.`;
  process.stdout.write(`${unit}\n`);
  if (options.json !== undefined) writeFileSync(options.json, jsonOf(result, durations));
}

function jsonOf(result: BenchResult, durations: Durations): string {
  const load = {
    connections: CONNECTIONS,
    recordsPerRequest: RECORDS_PER_REQUEST,
    recordBytes: RECORD_BYTES,
  };
  const summary = Object.fromEntries(
    Object.entries(result.targets).map(([name, runs]) => [name, summarizeRows(runs)]),
  );
  return `${JSON.stringify({ schemaVersion: 1, machine: describeMachine(), load, durations, summary, raw: result }, null, 2)}\n`;
}

await main();
