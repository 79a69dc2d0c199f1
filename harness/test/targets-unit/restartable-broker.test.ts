import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { signalGroup } from "../../src/targets/live-processes.ts";
import { type BrokerProcess, startProcess } from "../../src/targets/process.ts";
import { RestartableBroker } from "../../src/targets/restartable-broker.ts";

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
});
after(async () => {
  await rm(directory, { recursive: true, force: true });
});

const READY = `console.log(JSON.stringify({ ready: true }));`;
const STAY = "setInterval(() => {}, 1000);";
/** Writes down how it was stopped. */
const BROKER = `process.on("SIGTERM", () => { require("fs").appendFileSync("stops", "clean "); process.exit(0); });
  ${READY}${STAY}`;
/** Has a child that would outlive it. */
const PARENT = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(STAY)}], { stdio: "ignore" });
  ${BROKER}`;

async function broker(script = BROKER) {
  const place = await mkdtemp(join(directory, "p-"));
  const pids: number[] = [];
  const spawn = async (): Promise<BrokerProcess> => {
    const options = { label: "test", command: process.execPath, args: ["-e", script], directory: place };
    const started = await startProcess({ ...options, announces: true, graceMs: 5000 });
    pids.push(started.pid);
    await started.announced();
    return started;
  };
  const restartable = new RestartableBroker({ label: "test", first: await spawn(), spawn });
  const alive = () => pids.filter((pid) => signalGroup(pid, 0));
  const stops = () => readFile(join(place, "stops"), "utf8").catch(() => "");
  return { restartable, pids, alive, stops };
}

describe("a broker that is restarted", () => {
  test("cleanly was asked to end, and nothing of it is left when it starts again", async () => {
    const { restartable, pids, alive, stops } = await broker();
    await restartable.stop("clean");
    assert.deepEqual(alive(), []);
    assert.equal(await stops(), "clean ");
    const again = await restartable.start();
    assert.deepEqual(alive(), [again.pid]);
    assert.notEqual(again.pid, pids[0]);
    await restartable[Symbol.asyncDispose]();
    assert.deepEqual(alive(), []);
  });

  test("by force was not asked, and its children end with it", async () => {
    const { restartable, alive, stops } = await broker(PARENT);
    assert.ok((await restartable.stop("killed")) >= 0);
    assert.deepEqual(alive(), []);
    assert.equal(await stops(), "");
    await restartable[Symbol.asyncDispose]();
  });

  test("tells that it ended by itself after its second start, not what it was asked to", async () => {
    const { restartable } = await broker();
    await restartable.stop("killed");
    const { pid, died } = await restartable.start();
    process.kill(pid, "SIGKILL");
    await assert.rejects(died, { code: "TARGET_DIED", message: /SIGKILL/ });
    await restartable[Symbol.asyncDispose]();
  });

  test("leaves nothing when it is disposed of while it stops", async () => {
    const deaf = `process.on("SIGTERM", () => {}); ${READY}${STAY}`;
    const { restartable, alive } = await broker(deaf);
    const stopping = restartable.stop("clean");
    const stopped = assert.rejects(stopping, { code: "TARGET_UNREACHABLE", message: /did not stop within/ });
    await sleep(20);
    await restartable[Symbol.asyncDispose]();
    assert.deepEqual(alive(), []);
    await stopped;
  });

  test("leaves nothing when it is disposed of between stop and start, or while it is spawned", async () => {
    const between = await broker();
    await between.restartable.stop("killed");
    await between.restartable[Symbol.asyncDispose]();
    assert.deepEqual(between.alive(), []);
    const spawning = await broker();
    await spawning.restartable.stop("killed");
    const starting = spawning.restartable.start();
    await spawning.restartable[Symbol.asyncDispose]();
    await starting;
    assert.equal(spawning.pids.length, 2);
    assert.deepEqual(spawning.alive(), []);
  });
});
