/**
 * Power is cut under load: kill -9, and what the file system had not sent to the disk yet is gone. Class fsync loses
 * nothing that was confirmed. Class os may, and says so; what is left is intact and in order, and the broker goes on.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { it } from "node:test";
import { assertLostAmong, assertNoAnomalies, goOn, judged, progress, start, withLog } from "./fault-round.ts";
import { drawDurability, Draws, ENGINES, type FaultRound, faultRounds, pause } from "./rounds.ts";
import { FAILING_SYNC_ENTRY, setSyncs } from "./sync-faults.ts";
import { ImageVolume, mountsUnavailable } from "./volumes.ts";
import { type Judgement, makeWorkload } from "./workload.ts";

const VOLUME_BYTES = 256 * 1024 * 1024;

/** `lying`: syncs do nothing from the beginning. */
async function cutPower(
  round: FaultRound,
  durability: "os" | "fsync",
  isLying: boolean,
): Promise<{ judgement: Judgement; log: string }> {
  const { draws, engine, folder } = round;
  const image = ImageVolume.make(folder, VOLUME_BYTES);
  const dataDir = path.join(image.path, "data");
  mkdirSync(dataDir);
  if (isLying) setSyncs(dataDir, "lie");
  let after: ImageVolume | null = null;
  const workload = makeWorkload(engine, draws);
  let broker = await start({ dataDir, durability, ...(isLying ? { entry: FAILING_SYNC_ENTRY } : {}) });
  try {
    await workload.begin(broker);
    await progress(workload);
    await pause(draws.between(0, 800));
    await broker.kill();
    after = image.afterPowerCut(folder);
    await workload.ended();
    broker = await start({ dataDir: path.join(after.path, "data"), durability });
    await goOn(workload, broker);
    return {
      judgement: await judged(round, workload, broker, isLying || durability === "os"),
      log: broker.log(),
    };
  } catch (error) {
    throw withLog(error, broker);
  } finally {
    await broker.kill();
    image.unmount();
    after?.unmount();
  }
}

faultRounds("power cut", mountsUnavailable(), async (round) => {
  const durability = drawDurability(round.draws) === "os" && round.draws.chance(0.5) ? "os" : "fsync";
  const { judgement, log } = await cutPower(round, durability, false);
  const { lost, findings } = judgement;
  round.note(`class ${durability}: ${lost.length} confirmed and lost`);
  if (durability === "fsync") assertLostAmong(lost, new Set(), [...findings, log]);
  // Acknowledgements are lost like messages in class os.
  const { returned = 0, ...others } = judgement.anomalies;
  assertNoAnomalies(durability === "fsync" ? judgement.anomalies : others, findings);
  if (returned > 0) round.note(`${returned} acknowledged ones came back`);
});

const reason = mountsUnavailable();
for (const engine of ENGINES) {
  it(`${engine}: the fault is real: with syncs that do nothing confirmed messages are lost`, {
    skip: reason === null ? false : `not run: ${reason}`,
  }, async (context) => {
    const folder = mkdtempSync(path.join(tmpdir(), "brokermark-fault-"));
    try {
      const note = (text: string) => context.diagnostic(text);
      const round = { engine, round: 0, draws: new Draws(1), folder, note };
      const { judgement } = await cutPower(round, "fsync", true);
      context.diagnostic(`${judgement.lost.length} confirmed and lost`);
      assert.ok(judgement.lost.length > 0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
