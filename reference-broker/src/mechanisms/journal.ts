/**
 * An append-only file of JSON records, one to a line behind its length and CRC32C. It holds what changes rarely and must
 * be found again as a whole: definitions. Records go through the commit group; dead ones are dropped by rewriting the file.
 */
import { dirname } from "node:path";
import { crc32c } from "@node-rs/crc32";
import { allocateUnpooled } from "../base/allocate.ts";
import { invariant } from "../base/invariant.ts";
import type { CommitGroup, CommittedStore } from "./commit-group.ts";
import type { FileSystem, StorageFile } from "./file-system.ts";

export interface JournalOptions<Entry> {
  readonly fileSystem: FileSystem;
  readonly path: string;
  readonly commitGroup: CommitGroup;
  /** Records that give the present state when they are replayed, all that were appended until now included. */
  readonly liveRecords: () => readonly Entry[];
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

/** Below this many records a rewrite is not worth its sync. */
const MIN_RECORDS = 64;
/** `llllllll cccccccc `: length of the JSON in bytes and its CRC32C, hexadecimal. */
const PREFIX_BYTES = 18;
const NEWLINE = 0x0a;
/** Every record is a JSON object. */
const OBJECT_START = 0x7b;

export class Journal<Entry> implements CommittedStore {
  readonly name: string;
  readonly #options: JournalOptions<Entry>;
  /** null after a rewrite, until the next record: the old file has no name any more. */
  #file: StorageFile | null;
  /** Where the next record goes. */
  #bytes = 0;
  #records = 0;
  /** Number of records in the file from which on `liveRecords` is asked how many of them are dead. */
  #compactAt = MIN_RECORDS;
  #gathered: Buffer[] = [];
  #isRegistered = false;
  /** A sync failed, or there is damage in the file: the next change writes it anew. */
  #isDoubtful = false;
  #lostBytes = 0;
  #isClosed = false;

  private constructor(options: JournalOptions<Entry>) {
    this.name = options.path;
    this.#options = options;
    this.#file = options.fileSystem.open(options.path);
  }

  /**
   * Replays what is there, in order. What stands behind the last intact record is cut off and reported; damage between
   * intact records is passed over and reported. Throws what the file system throws; `replay` may throw too, and then
   * nothing is open.
   */
  static open<Entry>(options: JournalOptions<Entry>, replay: (record: Entry) => void): Journal<Entry> {
    const journal = new Journal(options);
    try {
      journal.#replay(replay);
      journal.#syncDirectory();
    } catch (error) {
      journal.close();
      throw error;
    }
    return journal;
  }

  /** Bytes that the start found to be no intact records: what they said is not known. */
  get lostBytes(): number {
    return this.#lostBytes;
  }

  /** Stored when the commit group's `whenStored` says so. A record that could not be written is written with the next. */
  append(record: Entry): void {
    invariant(!this.#isClosed, "nothing is appended to a closed journal");
    this.#gathered.push(encodeRecord(record));
    if (this.#isRegistered) return;
    this.#isRegistered = true;
    this.#options.commitGroup.register(this);
  }

  flush(): void {
    this.#isRegistered = false;
    if (this.#gathered.length === 0) return;
    if (this.#isDoubtful) {
      this.#rewrite(this.#options.liveRecords());
      return;
    }
    const records = this.#records + this.#gathered.length;
    if (records >= this.#compactAt && this.#compact(records)) return;
    const data = Buffer.concat(this.#gathered);
    this.#file ??= this.#options.fileSystem.open(this.#options.path);
    this.#file.writeSync(data, this.#bytes);
    this.#bytes += data.length;
    this.#records = records;
    this.#gathered = [];
  }

  /** What was written by a rewrite is synced already. */
  async sync(): Promise<void> {
    try {
      await this.#file?.sync();
    } catch (error) {
      this.#isDoubtful = true;
      throw error;
    }
  }

  /** Writes what is gathered still. To be called when the commit group has nothing left to write. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.flush();
    } finally {
      this.#file?.close();
      this.#file = null;
    }
  }

  /** Rewrites the file when most of its records are dead; false: append as usual. */
  #compact(records: number): boolean {
    const live = this.#options.liveRecords();
    this.#compactAt = Math.max(MIN_RECORDS, live.length * 2);
    if (records < this.#compactAt) return false;
    try {
      this.#rewrite(live);
      return true;
    } catch (error) {
      if (this.#isDoubtful) throw error;
      this.#options.report("journal not compacted", { path: this.name, error: String(error) });
      this.#compactAt = records * 2;
      return false;
    }
  }

  #rewrite(live: readonly Entry[]): void {
    const content = Buffer.concat(live.map(encodeRecord));
    this.#options.fileSystem.replaceFile(this.#options.path, content);
    this.#file?.close();
    this.#file = null;
    this.#bytes = content.length;
    this.#records = live.length;
    this.#gathered = [];
    this.#isDoubtful = true;
    this.#syncDirectory();
    this.#isDoubtful = false;
  }

  #syncDirectory(): void {
    const { fileSystem, path, commitGroup } = this.#options;
    if (commitGroup.durability === "fsync") fileSystem.syncDirectory(dirname(path));
  }

  #replay(replay: (record: Entry) => void): void {
    const file = this.#file!;
    const fileBytes = file.size();
    const content = allocateUnpooled(fileBytes);
    const end = file.readSync(content, 0);
    const { path, report } = this.#options;
    for (let start = 0; start >= 0; start = findRecord(content, this.#bytes, end)) {
      if (start > this.#bytes) {
        report("journal damaged", { path, position: this.#bytes, lostBytes: start - this.#bytes });
        this.#lostBytes += start - this.#bytes;
        this.#isDoubtful = true;
        this.#bytes = start;
      }
      for (let next = recordEnd(content, start, end); next > 0; next = recordEnd(content, next, end)) {
        replay(JSON.parse(content.toString("utf8", this.#bytes + PREFIX_BYTES, next - 1)) as Entry);
        this.#bytes = next;
        this.#records++;
      }
    }
    if (this.#bytes === fileBytes) return;
    report("journal cut", { path, keptBytes: this.#bytes, cutBytes: fileBytes - this.#bytes });
    this.#lostBytes += fileBytes - this.#bytes;
    file.truncateSync(this.#bytes);
  }
}

function encodeRecord(record: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(record));
  return Buffer.concat([Buffer.from(prefixOf(json)), json, Buffer.of(NEWLINE)]);
}

function prefixOf(json: Buffer): string {
  return `${hex8(json.length)} ${hex8(crc32c(json))} `;
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, "0");
}

/** Where the next intact record behind `start` begins, or -1. */
function findRecord(content: Buffer, start: number, end: number): number {
  for (
    let at = content.indexOf(OBJECT_START, start + 1);
    at >= 0;
    at = content.indexOf(OBJECT_START, at + 1)
  ) {
    const found = at - PREFIX_BYTES;
    if (found > start && recordEnd(content, found, end) > 0) return found;
  }
  return -1;
}

/** Where the intact record that begins at `start` ends, or -1. */
function recordEnd(content: Buffer, start: number, end: number): number {
  if (end - start < PREFIX_BYTES + 1) return -1;
  const jsonStart = start + PREFIX_BYTES;
  const jsonBytes = Number.parseInt(content.toString("latin1", start, start + 8), 16);
  // Also false for NaN.
  if (!(jsonBytes < end - jsonStart)) return -1;
  const json = content.subarray(jsonStart, jsonStart + jsonBytes);
  if (content.toString("latin1", start, jsonStart) !== prefixOf(json)) return -1;
  return content[jsonStart + jsonBytes] === NEWLINE ? jsonStart + jsonBytes + 1 : -1;
}
