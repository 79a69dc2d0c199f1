/**
 * Bits flip on the disk. A damaged message is named and passed over, everything else is delivered. A clean stop leaves
 * summaries that starts trust, so that damage shows when it is read; after a kill the start finds it.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type FileContent, filesBelow, filesWithMessages, type FoundBody } from "./bodies-in-file.ts";
import { assertLostAmong, assertNoAnomalies, goOn, judged, progress, start, withLog } from "./fault-round.ts";
import { drawDurability, type Draws, faultRounds, pause } from "./rounds.ts";
import { makeWorkload } from "./workload.ts";

/** Files without messages. What they say is said elsewhere too, or is acknowledgements: messages come back at worst. */
const AUXILIARY: readonly string[] = [".index", ".timeindex", ".summary", ".snapshot", ".acks"];
const MAX_VICTIMS = 3;
/** In a queue's file right before a body stand properties and names of its record, and before them a header of so many bytes. */
const QUEUE_HEADER_BYTES = 36;

function flip(file: string, at: number, bit: number): void {
  const content = readFileSync(file);
  content[at]! ^= 1 << bit;
  writeFileSync(file, content);
}

/**
 * In a message, or in what stands before it. Returns those that may be lost by it. In a queue's file whole records may stand
 * between two bodies, of messages whose bodies are elsewhere: the header hit is the message's own.
 */
function flipNear(
  { file, content, bodies }: FileContent,
  victim: number,
  draws: Draws,
): readonly FoundBody[] {
  const body = bodies[victim]!;
  const isLog = file.endsWith(".log");
  const behind = victim === 0 ? 0 : bodies[victim - 1]!.end;
  const before = isLog ? behind : Math.max(behind, body.start - QUEUE_HEADER_BYTES);
  const at = draws.chance(0.5)
    ? draws.between(body.start, body.end - 1)
    : draws.between(before, body.start - 1);
  flip(file, at, draws.between(0, 7));
  if (!isLog) return [body];
  return batchAround(content, bodies, at);
}

function batchAround(content: Buffer, bodies: readonly FoundBody[], at: number): FoundBody[] {
  let start = 0;
  let end = 0;
  for (; end <= at; end += 12 + content.readInt32BE(end + 8)) start = end;
  return bodies.filter((body) => body.start >= start && body.end <= end);
}

faultRounds("flipped bits", null, async (round) => {
  const { draws, engine, folder, note } = round;
  const dataDir = path.join(folder, "data");
  const durability = drawDurability(draws);
  const isClean = draws.chance(0.5);
  const workload = makeWorkload(engine, draws);
  let broker = await start({ dataDir, durability });
  try {
    await workload.begin(broker);
    await progress(workload);
    await pause(draws.between(100, 500));
    if (isClean) {
      await workload.end();
      assert.equal(await broker.stop(), 0);
    } else {
      await broker.kill();
      await workload.ended();
    }

    const files = filesWithMessages(dataDir, (number) => workload.bodyBytes(number));
    const mayBeLost = new Set<number>();
    let victims = 0;
    while (files.length > 0 && victims < draws.between(1, MAX_VICTIMS)) {
      const file = files.splice(draws.between(0, files.length - 1), 1)[0]!;
      const victim = draws.between(0, file.bodies.length - 1);
      for (const { number } of flipNear(file, victim, draws)) mayBeLost.add(number);
      victims++;
    }
    const auxiliary = filesBelow(dataDir, AUXILIARY).filter(({ bytes }) => bytes > 0);
    for (const { file, bytes } of auxiliary) {
      if (draws.chance(0.2)) flip(file, draws.between(0, bytes - 1), draws.between(0, 7));
    }

    broker = await start({ dataDir, durability });
    await goOn(workload, broker);
    const { lost, anomalies, findings, damagedReads } = await judged(round, workload, broker, true);
    const says = /damaged|cut/.test(broker.log());
    note(`class ${durability}, ${isClean ? "clean stop" : "kill"}, ${victims} messages damaged`);
    note(
      `${lost.length} confirmed ones lost, ${says ? "named in the log" : `${damagedReads} damaged reads`}`,
    );
    assertLostAmong(lost, mayBeLost, findings);
    assert.ok(lost.length === 0 || damagedReads > 0 || says, "what is lost is named");
    const { returned = 0, holes = 0, ...others } = anomalies;
    assertNoAnomalies(others, findings);
    assert.ok(
      holes === 0 || lost.length > 0 || mayBeLost.size > 0,
      "offsets are missing where messages are damaged",
    );
    if (returned > 0) note(`${returned} acknowledged ones came back`);
  } catch (error) {
    throw withLog(error, broker);
  } finally {
    await broker.kill();
  }
});
