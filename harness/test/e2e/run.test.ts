/** `brokermark run` on real brokers. Figures differ from machine to machine; what must hold of them does not. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT } from "../../src/exit-codes.ts";
import { listProcesses } from "../../src/measure/process-tree.ts";
import { type RunDocument, runDocument } from "../../src/result/schema.ts";
import { loadResult } from "../../src/result/store.ts";
import { type Ended, Workplace } from "./cli.ts";

const linuxOnly = process.platform === "linux" ? false : "finds processes through /proc, which is Linux's";

/** 3: on a shared machine every run may be contaminated; integrity and form do not depend on that. */
function assertRan({ exitCode, stderr }: Ended): void {
  assert.ok(exitCode === EXIT.done || exitCode === EXIT.inconclusive, `exit code ${exitCode}\n${stderr}`);
}

function documentIn({ stdout }: Ended): RunDocument {
  return runDocument.parse(JSON.parse(stdout));
}

describe("a smoke run on the reference broker", { concurrency: false }, () => {
  test("closed loop: everything read back, throughput and cost told, one result file", async () => {
    await using place = await Workplace.make();
    const ended = await place
      .start("run", "megabatch", "--profile", "smoke", "--json", "--out", place.results)
      .end();
    assertRan(ended);
    const { runs } = documentIn(ended);
    assert.equal(runs.length, 1);
    const run = runs[0]!;
    const { published, confirmed, delivered, lost, duplicated, reordered, corrupted } = run.integrity;
    assert.equal(run.integrity.verdict, "valid");
    assert.ok(published > 0);
    assert.deepEqual({ confirmed, delivered }, { confirmed: published, delivered: published });
    assert.deepEqual([lost, duplicated, reordered, corrupted], [0, 0, 0, 0]);
    assert.ok(run.throughput.messagesPerSecond! > 0);
    assert.ok(run.generatorCeiling! > 0);
    assert.equal(run.latencyUs.response, null);
    assert.equal(run.latencyUs.publish?.count, published);
    assert.equal(run.target.durability, "os");
    const result = await loadResult(run.resultFile!);
    assert.deepEqual(result.summary.integrity, run.integrity);
    assert.deepEqual(await readdir(place.results), [run.resultFile!.split("/").at(-1)]);
    assert.deepEqual(await place.leftovers(), []);
  });

  test("open loop: response time of every message, schedule lag, an HTML report, a table", async () => {
    await using place = await Workplace.make();
    const report = join(place.root, "report.html");
    const ended = await place
      .start("run", "latency", "--profile", "smoke", "--out", place.results, "--html", report)
      .end();
    assertRan(ended);
    assert.match(ended.stdout, /latency smoke: open loop, driver kafka/);
    assert.ok(ended.stdout.includes(report));
    assert.match(await readFile(report, "utf8"), /^<!doctype html>/i);
    const [file] = await readdir(place.results);
    const { summary } = await loadResult(join(place.results, file!));
    assert.equal(summary.integrity.verdict, "valid");
    const { response, service, publish, scheduleLag } = summary.latencyUs;
    for (const each of [response, service, publish]) assert.equal(each?.count, summary.integrity.published);
    // What was due and could not be sent any more lagged as well.
    assert.ok(scheduleLag!.count >= summary.integrity.published);
    assert.ok(response!.p50! >= service!.p50!, "response time holds service time");
    assert.deepEqual(await place.leftovers(), []);
  });

  test("acks 0: the log end tells what arrived", async () => {
    await using place = await Workplace.make();
    const ended = await place
      .start("run", "megabatch", "--profile", "smoke", "--set", "acks=0", "--json", "--out", place.results)
      .end();
    assertRan(ended);
    const run = documentIn(ended).runs[0]!;
    assert.equal(run.integrity.verdict, "valid");
    assert.equal(run.integrity.delivered, run.integrity.published);
    assert.equal(run.latencyUs.publish, null);
  });
});

describe("what goes wrong ends with its own code and leaves nothing", { concurrency: false }, () => {
  test("an unknown scenario: usage", async () => {
    await using place = await Workplace.make();
    const ended = await place.start("run", "megabitch").end();
    assert.equal(ended.exitCode, EXIT.usage);
    assert.match(ended.stderr, /did you mean megabatch/);
  });

  test("nobody listens: the target would not run", async () => {
    await using place = await Workplace.make();
    const port = await closedPort();
    const target = `external:url=127.0.0.1:${port}`;
    const args = [
      "run",
      "megabatch",
      "--profile",
      "smoke",
      "--target",
      target,
      "--json",
      "--out",
      place.results,
    ];
    const ended = await place.start(...args).end();
    assert.equal(ended.exitCode, EXIT.targetWouldNotRun, ended.stderr);
    assert.deepEqual(documentIn(ended).runs, []);
  });

  test("a lost message: integrity, and no throughput to report", async () => {
    await using place = await Workplace.make();
    // The synthetic target spoils its tenth batch; with one producer that is not the producer's first.
    const load = ["codec=none", "measure.maxBytes=8MiB", "producers=1", "partitions=1"];
    const ended = await place
      .start(
        ...["run", "megabatch", "--profile", "smoke", "--target", "synthetic:lose=1"],
        ...load.flatMap((setting) => ["--set", setting]),
        ...["--json", "--out", place.results],
      )
      .end();
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
    const args = [
      "run",
      "megabatch",
      "--profile",
      "smoke",
      "--repeat",
      "50",
      "--json",
      "--out",
      place.results,
    ];
    const command = place.start(...args);
    await until(async () => (await filesIn(place.results)).length > 0);
    command.child.kill("SIGINT");
    const ended = await command.end();
    assert.equal(ended.exitCode, EXIT.interrupted, ended.stderr);
    assert.equal(documentIn(ended).runs.length, (await filesIn(place.results)).length);
    assert.deepEqual(await place.leftovers(), []);
  });

  test("a load process that dies ends the run as our own failure", { skip: linuxOnly }, async () => {
    await using place = await Workplace.make();
    const args = ["run", "megabatch", "--profile", "smoke", "--set", "measure.durationMs=30s"];
    const command = place.start(...args, "--json", "--out", place.results);
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

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
