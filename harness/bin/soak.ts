#!/usr/bin/env node
/** `npm run soak -- --minutes 3`: a mixed load on the reference broker for so long, and whether it stayed what it was. */
import { randomInt } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { exitCodeOf, interruptedBy, interruptionSignal } from "../src/cli/interruption.ts";
import { HarnessError } from "../src/errors.ts";
import { EXIT } from "../src/exit-codes.ts";
import { nowUs } from "../src/measure/clock.ts";
import { startSoakedBroker } from "../src/run/soak/broker.ts";
import { soak } from "../src/run/soak/soak.ts";
import { judgeSoak, type SoakOutcome } from "../src/run/soak/verdict.ts";
import { renderSoak, sampleLine } from "../src/terminal/soak-report.ts";

const USAGE = `npm run soak -- [--minutes N] [--sample-seconds N] [--lap-seconds N] [--seed N] [--out DIRECTORY] [-- BROKER ARGUMENTS]

A mixed load on a reference broker, over AMQP and the Kafka protocol, for N minutes (3). Samples go to a file of JSON
lines in DIRECTORY (results). Exit codes: 0 steady and nothing lost; 1 memory, delay or descriptors rose, or a publisher
was refused; 3 cannot be told in this time; 4 a message was lost or spoilt; 5 the broker would not run.
`;

const EXITS: Readonly<Record<SoakOutcome, number>> = {
  passed: EXIT.done,
  failed: EXIT.failed,
  inconclusive: EXIT.inconclusive,
  integrity: EXIT.integrity,
};

interface Arguments {
  readonly durationMs: number;
  readonly sampleMs: number;
  readonly lapMs: number;
  readonly seed: number;
  readonly out: string;
  readonly brokerArguments: readonly string[];
}

function readArguments(args: readonly string[]): Arguments | "help" {
  const options = {
    minutes: { type: "string", default: "3" },
    "sample-seconds": { type: "string", default: "5" },
    "lap-seconds": { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    out: { type: "string", default: "results" },
    help: { type: "boolean", default: false },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (values.help) return "help";
    const minutes = positive("--minutes", values.minutes);
    const seconds = positive("--sample-seconds", values["sample-seconds"]);
    const lapMs = 1_000 * positive("--lap-seconds", values["lap-seconds"]);
    const seed = Number(values.seed) >>> 0;
    const [durationMs, sampleMs] = [minutes * 60_000, seconds * 1_000];
    return { durationMs, sampleMs, lapMs, seed, out: values.out, brokerArguments: positionals };
  } catch (cause) {
    throw cause instanceof HarnessError
      ? cause
      : new HarnessError("USAGE", (cause as Error).message, { cause });
  }
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new HarnessError("USAGE", `${name} ${text}: expected a number above 0`);
}

async function run(given: Arguments): Promise<number> {
  const { durationMs, sampleMs, lapMs, seed, out, brokerArguments } = given;
  const signal = interruptionSignal();
  await mkdir(out, { recursive: true });
  const startedAt = new Date().toISOString();
  const path = join(out, `soak-${startedAt.replaceAll(/[-:.]/g, "")}.jsonl`);
  const file = createWriteStream(path);
  const write = (line: object) => void file.write(`${JSON.stringify(line)}\n`);
  await using broker = await startSoakedBroker(brokerArguments, signal);
  write({
    kind: "soak",
    startedAt,
    durationMs,
    sampleMs,
    lapMs,
    seed,
    version: broker.version,
    brokerArguments,
  });
  process.stderr.write(`reference ${broker.version}, pid ${broker.pid}; samples in ${path}\n`);
  const found = await soak(
    broker,
    { durationMs, sampleMs, lapMs, seed },
    {
      nowUs,
      newRunId: () => randomInt(2 ** 32),
      signal,
      onSample: (sample, tally) => {
        write({ kind: "sample", ...sample, delivered: tally.counts.delivered, laps: tally.laps });
        process.stderr.write(`${sampleLine(sample, tally)}\n`);
      },
    },
  );
  const verdict = judgeSoak(found);
  const { counts, errors, descriptors, tally } = found;
  write({ kind: "verdict", ...verdict, counts, errors, descriptors, examples: tally.examples });
  file.end();
  process.stdout.write(`${renderSoak(found.samples, tally, descriptors, verdict)}\n`);
  return EXITS[verdict.outcome];
}

async function main(): Promise<number> {
  const given = readArguments(process.argv.slice(2));
  if (given !== "help") return await run(given);
  process.stdout.write(USAGE);
  return EXIT.done;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const interruption = interruptedBy();
    // What other parts of the load still wait for would keep the process for a minute.
    if (interruption !== null) process.exit(exitCodeOf(interruption));
    const known = error instanceof HarnessError ? error : null;
    const said = known === null ? String((error as Error).stack ?? error) : known.message;
    process.stderr.write(`${said}${known?.hint ? `\n${known.hint}` : ""}\n`);
    process.exit(known?.exitCode ?? EXIT.internal);
  },
);
