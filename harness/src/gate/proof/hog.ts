/** A process of its own that disturbs: `cpu` or `disk`. Ends by a signal or when its standard input does. */
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const BURST_MS = [100, 2000] as const;
const STEP_MS = 5;
const WRITE_BYTES = 4 * 1024 * 1024;

process.stdin.on("end", () => process.exit()).resume();
process.on("SIGTERM", () => process.exit());

if (process.argv[2] === "disk") await hogDisk();
else await hogCpu();

/** Busy and idle in turns of random length; now and then it looks whether it shall end. */
async function hogCpu(): Promise<never> {
  for (;;) {
    const until = performance.now() + randomInt(...BURST_MS);
    while (performance.now() < until) {
      const step = performance.now() + STEP_MS;
      while (performance.now() < step);
      await sleep(0);
    }
    await sleep(randomInt(...BURST_MS));
  }
}

async function hogDisk(): Promise<never> {
  const directory = mkdtempSync(join(tmpdir(), "brokermark-hog-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  await using file = await open(join(directory, "hog"), "w");
  const bytes = Buffer.alloc(WRITE_BYTES, 0x5a);
  for (;;) {
    await file.write(bytes, 0, bytes.length, 0);
    await file.datasync();
  }
}
