/** Damages the end of a stopped broker's log as an interrupted write does. Both brokers keep Kafka's layout. */
import { appendFile, readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** The newest segment of each partition of the topic. */
export async function newestSegments(dataDir: string, topic: string): Promise<string[]> {
  const files = await readdir(dataDir, { recursive: true });
  const newest = new Map<string, string>();
  for (const file of files.filter((name) => name.endsWith(".log")).sort()) {
    const folder = path.dirname(file);
    if (new RegExp(`^${topic}-\\d+$`).test(path.basename(folder)))
      newest.set(folder, path.join(dataDir, file));
  }
  if (newest.size === 0) throw new Error(`no segment of ${topic} below ${dataDir}`);
  return [...newest.values()];
}

/**
 * Appends the first part of the last batch of each partition's newest segment. Returns the number of bytes appended;
 * no acknowledged byte is touched.
 */
export async function tearTails(dataDir: string, topic: string, tornAt: number): Promise<number> {
  let appended = 0;
  for (const segment of await newestSegments(dataDir, topic)) {
    const { last } = lastBatch(await readFile(segment));
    if (last.length === 0) continue;
    const torn = last.subarray(0, Math.max(1, Math.min(last.length - 1, Math.floor(last.length * tornAt))));
    await appendFile(segment, torn);
    appended += torn.length;
  }
  return appended;
}

/** Segments may be longer than what was written: zeros after the last batch are space taken ahead. */
export function lastBatch(segment: Buffer): { last: Buffer; start: number } {
  let at = 0;
  let start = 0;
  while (at + 61 <= segment.length && segment.readInt32BE(at + 8) > 0) {
    const end = at + 12 + segment.readInt32BE(at + 8);
    if (end > segment.length) break;
    start = at;
    at = end;
  }
  return { last: segment.subarray(start, at), start };
}
