/**
 * A directory that cannot be written, not even by root. A file system with open files is not made read-only by force, so
 * files and directories are made immutable while the broker runs; a start finds the file system mounted read-only.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { assertNothingWrong, runLiveFault } from "./fault-round.ts";
import { assertStartIsRefused } from "./refused-start.ts";
import { drawDurability, faultRounds } from "./rounds.ts";
import { ImageVolume, mountsUnavailable } from "./volumes.ts";

const VOLUME_BYTES = 256 * 1024 * 1024;

function unavailable(): string | null {
  if (spawnSync("chattr", ["-V"]).error !== undefined) return "there is no chattr";
  return mountsUnavailable();
}

function makeImmutable(directory: string, isImmutable: boolean): void {
  execFileSync("chattr", ["-R", isImmutable ? "+i" : "-i", directory]);
}

faultRounds("a read-only directory", unavailable(), async (round) => {
  const { draws, folder, note } = round;
  const volume = ImageVolume.make(folder, VOLUME_BYTES);
  const dataDir = path.join(volume.path, "data");
  const durability = drawDurability(draws);
  note(`class ${durability}`);
  mkdirSync(dataDir);
  try {
    const judgement = await runLiveFault(
      round,
      { dataDir, durability },
      {
        begin: () => makeImmutable(dataDir, true),
        end: () => makeImmutable(dataDir, false),
        reason: /EPERM/,
        heals: true,
        startUnderFault: async () => {
          makeImmutable(dataDir, false);
          volume.remount("ro");
          try {
            await assertStartIsRefused(dataDir, /cannot write to .*EROFS/, false);
          } finally {
            volume.remount("rw");
          }
        },
      },
    );
    assertNothingWrong(judgement);
  } finally {
    volume.unmount();
  }
});
