/** A store on a file system in memory, with a commit group of its own. */
import assert from "node:assert/strict";
import { FileQueueStores } from "../../../../src/engines/queues/store/file-queue-stores.ts";
import type { QueueStore } from "../../../../src/engines/queues/store/contract.ts";
import type { QueueStoreOptions } from "../../../../src/engines/queues/store/store-options.ts";
import { CommitGroup, type Durability } from "../../../../src/mechanisms/commit-group.ts";
import type { Message } from "../../../../src/mechanisms/message.ts";
import { MemoryFileSystem } from "./memory-file-system.ts";

export const DIRECTORY = "/data/queues/q1";

export function decodeMessage(
  exchange: string,
  routingKey: string,
  properties: Buffer,
  bytes: Buffer,
  start = -1,
  end = -1,
): Message {
  const body = start < 0 ? bytes : Buffer.from(bytes.subarray(start, end));
  return {
    exchange,
    routingKey,
    properties,
    body,
    bodyBytes: body.length,
    persistent: true,
    priority: properties[0] ?? 0,
    expirationMs: -1,
    headers: () => null,
    copyBody: (target, at) => void body.copy(target, at),
    keep: () => {},
  };
}

/** A message told apart from all others by `seed`, of `bodyBytes`. */
export function messageOf(seed: number, bodyBytes: number): Message {
  const properties = Buffer.alloc(1 + (seed % 7), seed % 10);
  const body = Buffer.alloc(bodyBytes, `${seed};`);
  return decodeMessage(
    seed % 3 === 0 ? "" : "exchange",
    `key.${seed}${seed % 5 === 0 ? ".ü" : ""}`,
    properties,
    body,
  );
}

export function assertSameMessage(actual: Message, expected: Message): void {
  assert.equal(actual.exchange, expected.exchange);
  assert.equal(actual.routingKey, expected.routingKey);
  assert.ok(actual.properties.equals(expected.properties), "properties are as they were");
  assert.ok(actual.body.equals(expected.body), "the body is as it was");
}

export interface Recovered {
  readonly sequence: number;
  readonly deadlineMs: number;
  readonly priority: number;
  readonly bodyBytes: number;
}

export interface TestStoreOptions
  extends Partial<Pick<QueueStoreOptions, "segmentBytes" | "segmentMessages" | "relocation">> {
  readonly fileSystem?: MemoryFileSystem;
  readonly durability?: Durability;
}

export class TestStore {
  readonly fileSystem: MemoryFileSystem;
  readonly group: CommitGroup;
  readonly stores: FileQueueStores;
  readonly store: QueueStore;
  readonly reports: string[] = [];
  readonly recovered: Recovered[] = [];

  constructor({ fileSystem = new MemoryFileSystem(), durability = "os", ...limits }: TestStoreOptions = {}) {
    this.fileSystem = fileSystem;
    const report = (event: string) => this.reports.push(event);
    this.group = new CommitGroup({ durability, defer: setImmediate, report });
    this.stores = new FileQueueStores("/data/queues", {
      fileSystem,
      commitGroup: this.group,
      decodeMessage,
      report,
      ...limits,
    });
    this.store = this.stores.open("q1");
    this.store.recover((sequence, deadlineMs, priority, bodyBytes) => {
      this.recovered.push({ sequence, deadlineMs, priority, bodyBytes });
    });
  }

  get recoveredSequences(): number[] {
    return this.recovered.map(({ sequence }) => sequence);
  }

  stored(): Promise<boolean> {
    return new Promise((resolve) => this.group.whenStored(resolve));
  }

  /** Appends `count` messages with sequences from `nextSequence` on and waits until they are stored. */
  async fill(count: number, bodyBytes: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const sequence = this.store.nextSequence;
      this.store.append(messageOf(sequence, bodyBytes), sequence, -1, sequence % 3 === 0);
    }
    assert.equal(await this.stored(), true);
  }

  /** Names of the queue's files without their leading zeros and stamps. */
  files(): string[] {
    return this.fileSystem.paths
      .filter((path) => path.startsWith(`${DIRECTORY}/`))
      .map((path) =>
        path
          .slice(`${DIRECTORY}/`.length)
          .replace(/^0+(?=\d)/, "")
          .replace(/-\d+/, ""),
      );
  }

  pathOf(base: number, suffix: string): string {
    return this.fileSystem.paths.find((path) => path.includes(`${base}-`) && path.endsWith(suffix))!;
  }

  async close(): Promise<void> {
    await this.group.drain();
    await this.store.close();
    await this.stores.close();
    assert.equal(this.fileSystem.openFiles, 0, "no file is left open");
  }
}
