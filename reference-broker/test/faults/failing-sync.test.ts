/**
 * fdatasync fails, class fsync: nothing is confirmed whose sync failed, and no later sync makes it so. Where a file system
 * can be mounted the round ends with a power cut, else with a kill.
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { assertNothingWrong, type FaultOptions, runLiveFault } from "./fault-round.ts";
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
