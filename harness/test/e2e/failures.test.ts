/** `brokermark run` on what goes wrong: it ends with its own code and leaves nothing. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT } from "../../src/exit-codes.ts";
import { listProcesses } from "../../src/measure/process-tree.ts";
import { type RunDocument, runDocument } from "../../src/result/schema.ts";
import { type Ended, type RunningCommand, Workplace } from "./cli.ts";

const linuxOnly = process.platform === "linux" ? false : "finds processes through /proc, which is Linux's";

function documentIn({ stdout }: Ended): RunDocument {
  return runDocument.parse(JSON.parse(stdout));
}

function startSmoke(place: Workplace, ...args: string[]): RunningCommand {
  return place.start("run", "megabatch", "--profile", "smoke", ...args, "--json", "--out", place.results);
}

// Two at once: to find that nobody listens is ten seconds of waiting.
describe("what goes wrong ends with its own code and leaves nothing", { concurrency: 2 }, () => {
  test("an unknown scenario: usage", async () => {
    await using place = await Workplace.make();
    const ended = await place.start("run", "megabitch").end();
    assert.equal(ended.exitCode, EXIT.usage);
    assert.match(ended.stderr, /did you mean megabatch/);
  });

  test("nobody listens: the target would not run", async () => {
    await using place = await Workplace.make();
    // tcpmux: a free port might be given to another test meanwhile.
    const ended = await startSmoke(place, "--target", "external:url=127.0.0.1:1").end();
    assert.equal(ended.exitCode, EXIT.targetWouldNotRun, ended.stderr);
    assert.deepEqual(documentIn(ended).runs, []);
  });

  test("a lost message: integrity, and no throughput to report", async () => {
    await using place = await Workplace.make();
    // The synthetic target spoils its tenth batch; with one producer that is not the producer's first.
    const load = ["codec=none", "measure.maxBytes=8MiB", "producers=1", "partitions=1"];
    const settings = load.flatMap((setting) => ["--set", setting]);
    const ended = await startSmoke(place, "--target", "synthetic:lose=1", ...settings).end();
    assert.equal(ended.exitCode, EXIT.integrity, ended.stderr);
    const run = documentIn(ended).runs[0]!;
    assert.equal(run.integrity.lost, 1);
    assert.equal(run.integrity.verdict, "invalid");
    assert.equal(run.throughput.messagesPerSecond, null);
    assert.equal(run.cost.cpuSecondsPerMillionMessages, null);
    assert.deepEqual(await place.leftovers(), []);
  });

  test("an interrupt keeps what is done and stops everything", async () => {
    await using place = await Workplace.make();
    const command = startSmoke(place, "--repeat", "50");
    await until(async () => (await filesIn(place.results)).length > 0);
    command.child.kill("SIGINT");
    const ended = await command.end();
    assert.equal(ended.exitCode, EXIT.interrupted, ended.stderr);
    assert.equal(documentIn(ended).runs.length, (await filesIn(place.results)).length);
    assert.deepEqual(await place.leftovers(), []);
  });

  test("a load process that dies ends the run as our own failure", { skip: linuxOnly }, async () => {
    await using place = await Workplace.make();
    const command = startSmoke(place, "--set", "measure.durationMs=30s");
    const publisher = await until(() => childRunning(command.child.pid!, "publisher-process"));
    process.kill(publisher, "SIGKILL");
    const ended = await command.end();
    assert.equal(ended.exitCode, EXIT.internal, ended.stderr);
    assert.match(ended.stderr, /publisher process \(pid \d+\) ended by itself with signal SIGKILL/);
    assert.deepEqual(await place.leftovers(), []);
  });
});

/** Asks until there is an answer; the test runner's own limit ends it otherwise. */
async function until<T>(ask: () => Promise<T> | T): Promise<NonNullable<T>> {
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    await sleep(20);
  }
}

async function filesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => name.endsWith(".json"));
}

async function childRunning(parent: number, program: string): Promise<number | null> {
  for (const { pid, parentPid } of listProcesses()) {
    if (parentPid !== parent) continue;
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "");
    if (commandLine.includes(program)) return pid;
  }
  return null;
}
