/**
 * The ends of files after a crash: cut short, or followed by bytes that no write put there whole. Only what was cut off is
 * lost, and the broker goes on behind the rest.
 */
import assert from "node:assert/strict";
import { appendFileSync, readFileSync, truncateSync } from "node:fs";
import path from "node:path";
import { type FileContent, filesBelow, filesWithMessages, findBodies } from "./bodies-in-file.ts";
import { assertLostAmong, assertNoAnomalies, goOn, judged, progress, start, withLog } from "./fault-round.ts";
import { referredBehind, sharedBodies } from "./referred-bodies.ts";
import { drawDurability, type Draws, faultRounds, pause } from "./rounds.ts";
import { makeWorkload } from "./workload.ts";

/** Files that are only appended to, besides those with messages. */
const LOGS: readonly string[] = [".acks", ".journal"];
const MAX_GARBAGE_BYTES = 70_000;

/** Somewhere in the last message, or in one of the few before it. Returns where. */
function cut({ file, bodies }: FileContent, draws: Draws): number {
  const first = bodies[Math.max(0, bodies.length - draws.between(1, 3))]!;
  const last = bodies.at(-1)!;
  const at = draws.between(first.start, last.end - 1);
  truncateSync(file, at);
  return at;
}

/** Random bytes, zeros, or the beginning of what stands there already. */
function garbage(content: Buffer, draws: Draws): Buffer {
  const bytes = draws.between(1, MAX_GARBAGE_BYTES);
  const kind = draws.between(0, 2);
  if (kind === 0) return Buffer.alloc(bytes);
  if (kind === 1) return Buffer.from(Array.from({ length: bytes }, () => draws.between(0, 255)));
  const start = draws.between(0, content.length - 1);
  return content.subarray(start, Math.min(content.length, start + bytes));
}

faultRounds("torn tails", null, async (round) => {
  const { draws, engine, folder, note } = round;
  const dataDir = path.join(folder, "data");
  const durability = drawDurability(draws);
  const workload = makeWorkload(engine, draws);
  let broker = await start({ dataDir, durability });
  try {
    await workload.begin(broker);
    await progress(workload);
    await pause(draws.between(0, 400));
    await broker.kill();
    await workload.ended();

    const bodyBytes = (number: number) => workload.bodyBytes(number);
    const mayBeLost = new Set<number>();
    let cuts = 0;
    let tails = 0;
    // Log segments before the last one of a partition are sealed and cannot be torn.
    const files = filesWithMessages(dataDir, bodyBytes);
    const shared = sharedBodies(files);
    for (const content of tailsOf(files)) {
      if (draws.chance(0.4)) {
        const at = cut(content, draws);
        cuts++;
        const left = new Set(findBodies(readFileSync(content.file), bodyBytes).map(({ number }) => number));
        for (const { number } of content.bodies) if (!left.has(number)) mayBeLost.add(number);
        const others = engine === "log" ? batchMates(content, left) : referring(content, at, shared);
        for (const number of others) mayBeLost.add(number);
      } else {
        appendFileSync(content.file, garbage(content.content, draws));
        tails++;
      }
    }
    for (const { file, bytes } of filesBelow(dataDir, LOGS)) {
      if (bytes === 0 || draws.chance(0.5)) continue;
      appendFileSync(file, garbage(readFileSync(file), draws));
      tails++;
    }
    note(`class ${durability}, ${cuts} files cut, ${tails} followed by garbage`);

    broker = await start({ dataDir, durability });
    await goOn(workload, broker);
    const judgement = await judged(round, workload, broker, true);
    const { lost, anomalies, findings, damagedReads } = judgement;
    note(`${lost.length} of ${mayBeLost.size} cut off were confirmed`);
    assertLostAmong(lost, mayBeLost, findings);
    assertNoAnomalies(anomalies, findings);
    assert.equal(damagedReads, 0, findings.join("\n"));
  } catch (error) {
    throw withLog(error, broker);
  } finally {
    await broker.kill();
  }
});

/** The last file of each directory. */
function tailsOf(files: readonly FileContent[]): FileContent[] {
  const last = new Map<string, FileContent>();
  for (const file of files) last.set(path.dirname(file.file), file);
  return [...last.values()];
}

/** Records that a cut took with the bodies around them. */
function referring(content: FileContent, cutAt: number, shared: ReadonlyMap<number, number>): number[] {
  const whole = content.bodies.findLast(({ end }) => end <= cutAt)?.end ?? 0;
  return referredBehind(content, whole, cutAt, shared);
}

/** Records of a batch that was cut stand and fall together: those of the same batch as the first one that is gone. */
function batchMates({ content, bodies }: FileContent, left: ReadonlySet<number>): number[] {
  const firstGone = bodies.find(({ number }) => !left.has(number));
  if (firstGone === undefined) return [];
  let start = 0;
  for (let next = 0; next < firstGone.start; next += 12 + content.readInt32BE(next + 8)) start = next;
  return bodies.filter((body) => body.start >= start).map(({ number }) => number);
}
