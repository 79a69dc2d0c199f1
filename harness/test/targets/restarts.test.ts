/** Stop and start again on the same data, cleanly and by force, of the installed brokers; and the scenario on them, small. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { descendants, listProcesses } from "../../src/measure/process-tree.ts";
import { TARGETS } from "../../src/targets/catalog.ts";
import { signalGroup } from "../../src/targets/live-processes.ts";
import { waitForMessage } from "../../src/targets/started-broker.ts";
import { Workplace } from "../e2e/cli.ts";
import { PATIENT, smokeIn } from "../e2e/smoke.ts";

const signal = new AbortController().signal;

/** What a node says in its log when it has closed its data. */
const CLOSED = /Message store for directory .* is stopped/;

for (const name of ["kafka", "rabbitmq"] as const) {
  const protocol = name === "kafka" ? "kafka" : "amqp";
  const { installed, howToInstall } = await TARGETS[name].describe();
  const skip = installed ? false : `${name} is not installed: ${howToInstall}`;

  describe(`${name} restarted`, { skip, concurrency: false }, () => {
    for (const kind of ["clean", "killed"] as const) {
      test(`${kind}: serves where it did, and no process of before is left`, async () => {
        const directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
        const asked = { protocol, durability: null, options: {}, signal, http: false } as const;
        await using target = await TARGETS[name].start({ ...asked, directory });
        const before = descendants(target.pid!, listProcesses());
        assert.ok((await target.restart!.stop(kind)) >= 0);
        for (let tries = 0; before.some(runs) && tries < 300; tries++) await sleep(10);
        assert.deepEqual(before.filter(runs), []);
        const log = await readFile(join(directory, "broker.log"), "utf8");
        if (name === "rabbitmq") assert.equal(CLOSED.test(log), kind === "clean", log);
        const again = await target.restart!.start();
        assert.ok(!before.includes(again.pid));
        await waitForMessage(protocol, target.endpoint, signal, 90_000);
        await target[Symbol.asyncDispose]();
        assert.equal(signalGroup(again.pid, 0), false);
        await rm(directory, { recursive: true });
      });
    }

    test("recovers what was confirmed, and drains a backlog", async () => {
      await using place = await Workplace.make();
      for (const scenario of ["recovery", "backlog-drain"]) {
        const [run] = await smokeIn(place, [scenario], { target: name, set: [PATIENT] });
        assert.equal(run!.integrity.verdict, "valid");
        assert.equal(run!.integrity.delivered, run!.integrity.published);
      }
    });
  });
}

/** A zombie may wait for whoever reaps it: it does not run. */
function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}
