import { open, rm } from "node:fs/promises";
import { join } from "node:path";

const FILE_NAME = ".probe";
/** A page: less may find room in a file system that has none for anybody else. */
const PROBE_BYTES = 4096;

/** Writes a small file, syncs it with `syncs`, and removes it. What the disk said when it refused, or null. */
export async function probeStorage(directory: string, syncs: boolean): Promise<string | null> {
  const path = join(directory, FILE_NAME);
  try {
    const file = await open(path, "w");
    try {
      await file.write(Buffer.alloc(PROBE_BYTES));
      if (syncs) await file.datasync();
    } finally {
      await file.close();
    }
    return null;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await rm(path, { force: true }).catch(() => {}); // it is told above
  }
}
