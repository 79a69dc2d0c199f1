/**
 * fdatasync fails, class fsync: nothing is confirmed whose sync failed, and no later sync makes it so. Where a file system
 * can be mounted the round ends with a power cut, else with a kill.
 */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { assertNothingWrong, type FaultOptions, runLiveFault } from "./fault-round.ts";
import { assertStartIsRefused, tryStart } from "./refused-start.ts";
import { faultRounds } from "./rounds.ts";
import { FAILING_SYNC_ENTRY, setSyncs } from "./sync-faults.ts";
import { ImageVolume, mountsUnavailable, type Volume } from "./volumes.ts";

const VOLUME_BYTES = 256 * 1024 * 1024;

faultRounds("failing fsync", null, async (round) => {
  const { engine, folder, note } = round;
  const image = mountsUnavailable() === null ? ImageVolume.make(folder, VOLUME_BYTES) : null;
  let volume: Volume | null = image;
  const dataDir = path.join(image?.path ?? folder, "data");
  mkdirSync(dataDir);
  const options: FaultOptions = { dataDir, durability: "fsync", entry: FAILING_SYNC_ENTRY };
  note(image === null ? "ends with a kill" : "ends with a power cut");
  try {
    const judgement = await runLiveFault(
      round,
      options,
      {
        begin: () => setSyncs(dataDir, "fail"),
        end: () => setSyncs(dataDir, "work"),
        reason: /EIO/,
        // A queue's store cannot know what its file holds: nothing more is confirmed until a restart has looked.
        heals: engine === "log",
      },
      async () => {
        if (image === null) return { dataDir, durability: "fsync" };
        const after = image.afterPowerCut(folder);
        volume = after;
        return { dataDir: path.join(after.path, "data"), durability: "fsync" };
      },
    );
    assertNothingWrong(judgement);
  } finally {
    volume?.unmount();
  }
});

test("a start whose syncs fail ends with the reason, and nothing of it hinders the next", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "brokermark-fault-"));
  const dataDir = path.join(folder, "data");
  const start = { entry: FAILING_SYNC_ENTRY, args: ["--durability", "fsync"] };
  try {
    // In an empty directory the log's metadata are the first to be synced, later the queues' directory is.
    for (const reason of [/metadata cannot be written \(EIO\)/, /cannot use the data directory .*EIO/]) {
      setSyncs(dataDir, "fail");
      await assertStartIsRefused(dataDir, reason, false, start);
      setSyncs(dataDir, "work");
      const { exitCode, text } = await tryStart(dataDir, start);
      assert.equal(exitCode, null, text);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
