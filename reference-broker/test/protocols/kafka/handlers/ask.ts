/** Handlers asked as the connection asks them, over a real engine in a directory of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { BufferReader } from "../../../../src/base/buffer-reader.ts";
import { BufferWriter } from "../../../../src/base/buffer-writer.ts";
import { FileLogEngine } from "../../../../src/engines/log/file-log-engine.ts";
import { nodeFileSystem } from "../../../../src/mechanisms/file-system.ts";
import { nodeAlarms, type Timers, WheelTimers } from "../../../../src/mechanisms/timers.ts";
import { apiByKey } from "../../../../src/protocols/kafka/api-table.ts";
import type { RequestContext } from "../../../../src/protocols/kafka/request-context.ts";
import type { Message } from "../../../../src/protocols/kafka/schema.ts";
import type { Decoded, Encodable, Fields } from "../../../../src/protocols/kafka/types.ts";

export const NODE_ID = 1;
export const UNKNOWN_ID = "ab".repeat(16);

export interface TestBroker extends AsyncDisposable {
  readonly engine: FileLogEngine;
  /** Request and response both pass through the codec of `version`. */
  ask<Req extends Fields, Res extends Fields>(
    message: Message<Req, Res>,
    version: number,
    request: Encodable<Req>,
    context?: Partial<RequestContext>,
  ): Promise<Decoded<Res>>;
}

export async function openTestBroker(): Promise<TestBroker> {
  const directory = await mkdtemp(path.join(tmpdir(), "brokermark-handlers-"));
  // Timers alone do not keep a process alive; in the broker sockets do.
  const hold = setInterval(() => {}, 60_000);
  const engine = new FileLogEngine({
    fileSystem: nodeFileSystem,
    directory,
    durability: "none",
    tailCacheBytes: 1024 * 1024,
    retentionCheckIntervalMs: 3_600_000,
    producerIdExpirationMs: 86_400_000,
    topicDefaults: {},
    clock: Date.now,
    report: () => {},
  });
  return {
    engine,
    ask: async (message, version, request, changes = {}) => {
      const writer = new BufferWriter();
      message.request.encoder(version)(writer, request);
      const sent = new BufferReader(Buffer.concat(writer.finish()));
      const decoded = message.request.decoder(version)(sent);
      const context: RequestContext = { ...contextOf(engine, version), ...changes };
      const response = await apiByKey(message.apiKey)!.handler(decoded, context);
      message.response.encoder(version)(writer, response as never);
      return message.response.decoder(version)(new BufferReader(Buffer.concat(writer.finish())));
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(hold);
      await engine.close();
      await rm(directory, { recursive: true });
    },
  };
}

export function testTimers(): Timers {
  return new WheelTimers(Date.now, nodeAlarms);
}

function contextOf(engine: FileLogEngine, apiVersion: number): RequestContext {
  const node = { id: NODE_ID, host: "127.0.0.1", port: 9092 };
  const onClose = () => () => {};
  const nowMs = Date.now();
  return {
    engine,
    node,
    autoCreateTopics: true,
    defaultPartitions: 2,
    apiVersion,
    clientId: "test",
    nowMs,
    onClose,
    topicDefaults: {},
    lease: null,
    timers: testTimers(),
  };
}
