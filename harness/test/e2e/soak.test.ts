/** A soak of seconds: too short for its verdict, long enough to see that everything in it works. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { EXIT } from "../../src/exit-codes.ts";

const ENTRY = fileURLToPath(new URL("../../bin/soak.ts", import.meta.url));

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "brokermark-soak-test-"));
});
after(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function start(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const env = { ...process.env, TMPDIR: directory };
  const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ["ignore", "pipe", "pipe"], env });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [exitCode] = await once(child, "close");
  return { exitCode, stdout, stderr };
}

describe("a soak of seconds", () => {
  test("loses nothing, samples the broker, and leaves nothing behind", async () => {
    const out = join(directory, "out");
    const short = ["--minutes", "0.05", "--sample-seconds", "0.2", "--lap-seconds", "1"];
    const { exitCode, stdout, stderr } = await start(...short, "--out", out);
    // In a few seconds memory may well still rise.
    const expected: readonly number[] = [EXIT.done, EXIT.failed, EXIT.inconclusive];
    assert.ok(expected.includes(exitCode), `exit code ${exitCode}\n${stdout}${stderr}`);
    const [name] = await readdir(out);
    const lines = (await readFile(join(out, name!), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const verdict = lines.at(-1);
    assert.equal(lines[0].kind, "soak");
    assert.equal(verdict.kind, "verdict");
    const { confirmed, delivered, lost, duplicated, reordered, corrupted } = verdict.counts;
    assert.ok(confirmed > 0 && delivered > confirmed, "a fan-out delivers each message several times");
    assert.deepEqual(
      { lost, duplicated, reordered, corrupted },
      { lost: 0, duplicated: 0, reordered: 0, corrupted: 0 },
    );
    assert.deepEqual(verdict.errors, {});
    const samples = lines.filter(({ kind }) => kind === "sample");
    assert.ok(samples.length >= 10, `${samples.length} samples`);
    for (const { loopDelayP99Us, probeP90Us } of samples) {
      assert.equal(typeof loopDelayP99Us, "number");
      assert.equal(typeof probeP90Us, "number");
    }
    assert.deepEqual(
      (await readdir(directory)).filter((entry) => entry.startsWith("brokermark-soak-")),
      [],
    );
  });

  test("that is asked wrongly says how, and its help what there is", async () => {
    const wrong = await start("--minutes", "soon");
    assert.equal(wrong.exitCode, EXIT.usage);
    assert.match(wrong.stderr, /--minutes soon: expected a number above 0/);
    const help = await start("--help");
    assert.equal(help.exitCode, EXIT.done);
    assert.match(help.stdout, /--lap-seconds/);
  });
});
