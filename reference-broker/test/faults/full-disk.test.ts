/** The disk is full: publishers are refused, consumers go on, and when space returns so do publishers. */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { assertNothingWrong, runLiveFault } from "./fault-round.ts";
import { assertStartIsRefused } from "./refused-start.ts";
import { drawDurability, faultRounds } from "./rounds.ts";
import { ImageVolume, mountsUnavailable, mountTmpfs } from "./volumes.ts";

const VOLUME_BYTES = 256 * 1024 * 1024;
const MAX_ROOM_BYTES = 64 * 1024;
const REASON = /ENOSPC/;

/** Takes all the space but `roomBytes`; what the broker takes meanwhile is not missed, since the load takes the rest. */
function fill(ballast: string, roomBytes: number): void {
  const { bavail, bsize } = statfsSync(path.dirname(ballast));
  writeFileSync(ballast, "");
  const wanted = Math.max(bsize, bavail * bsize - roomBytes);
  let taken = 0;
  for (let part = wanted; part >= bsize && taken < wanted; ) {
    if (allocate(ballast, taken, part)) taken += part;
    part = Math.min(Math.floor(part / 2), wanted - taken);
  }
}

function allocate(file: string, offset: number, bytes: number): boolean {
  try {
    const range = ["--offset", String(offset), "--length", String(bytes)];
    execFileSync("fallocate", [...range, file], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

faultRounds("a full disk", mountsUnavailable(), async (round) => {
  const { draws, folder, note } = round;
  const isTmpfs = draws.chance(0.5);
  const volume = isTmpfs ? mountTmpfs(folder, VOLUME_BYTES) : ImageVolume.make(folder, VOLUME_BYTES);
  const dataDir = path.join(volume.path, "data");
  const ballast = path.join(volume.path, "ballast");
  const durability = drawDurability(draws);
  const roomBytes = draws.between(0, MAX_ROOM_BYTES);
  note(`${isTmpfs ? "tmpfs" : "ext4"}, class ${durability}, ${roomBytes} bytes left`);
  mkdirSync(dataDir);
  try {
    const judgement = await runLiveFault(
      round,
      { dataDir, durability },
      {
        begin: () => fill(ballast, roomBytes),
        end: () => rmSync(ballast, { force: true }),
        reason: REASON,
        heals: true,
        startUnderFault: () => assertStartIsRefused(dataDir, REASON, true),
      },
    );
    assertNothingWrong(judgement);
  } finally {
    volume.unmount();
  }
});
