import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Binding, Queue, QueueErrorCode } from "../../../../src/engines/queues/contract.ts";
import {
  type FileQueueEngine,
  openQueueEngine,
  type QueueEngineSettings,
} from "../../../../src/engines/queues/file-queue-engine.ts";
import type { BrokerVirtualHost } from "../../../../src/engines/queues/topology/virtual-host.ts";
import { type BasicProperties, encodeProperties } from "../../../../src/mechanisms/basic-properties.ts";
import { nodeFileSystem } from "../../../../src/mechanisms/file-system.ts";
import {
  type FieldTable,
  type FieldValue,
  type Message,
  PublishedMessage,
} from "../../../../src/mechanisms/message.ts";
import { TestClock } from "../queue/test-clock.ts";

export type ArgumentValue = string | number | boolean | FieldValue;

export function fieldOf(value: ArgumentValue): FieldValue {
  if (typeof value === "object") return value;
  if (typeof value === "string") return { type: "S", value };
  return typeof value === "number" ? { type: "I", value } : { type: "t", value };
}

export function tableOf(values: Readonly<Record<string, ArgumentValue>>): FieldTable {
  return Object.entries(values).map(([name, value]) => [name, fieldOf(value)] as const);
}

/** Long strings, as in CC. */
export function keysOf(...keys: string[]): FieldValue {
  return { type: "A", value: keys.map(fieldOf) };
}

export function messageOf(
  exchange: string,
  routingKey: string,
  body = "",
  properties: BasicProperties = {},
): Message {
  return new PublishedMessage(exchange, routingKey, encodeProperties(properties), Buffer.from(body));
}

export function bindingOf(
  source: string,
  destination: string,
  routingKey = "",
  table: Readonly<Record<string, ArgumentValue>> = {},
): Binding {
  return { source, destination, routingKey, arguments: tableOf(table) };
}

/** As the owner of no exclusive queue. */
export const NOBODY = {};

/** A real engine in a directory of its own, with time that passes only when told to. */
export class TestEngine {
  readonly clock = new TestClock();
  readonly reports: { readonly event: string; readonly fields: Record<string, unknown> }[] = [];
  readonly directory: string;
  readonly #settings: Partial<QueueEngineSettings>;
  #engine: FileQueueEngine | null = null;

  private constructor(directory: string, settings: Partial<QueueEngineSettings>) {
    this.directory = directory;
    this.#settings = settings;
  }

  static async start(t: TestContext, settings: Partial<QueueEngineSettings> = {}): Promise<TestEngine> {
    const directory = fs.mkdtempSync(join(os.tmpdir(), "brokermark-queues-"));
    const under = new TestEngine(directory, settings);
    t.after(async () => {
      await under.#engine?.close();
      fs.rmSync(directory, { recursive: true, force: true });
    });
    await under.open();
    return under;
  }

  get engine(): FileQueueEngine {
    assert.ok(this.#engine !== null);
    return this.#engine;
  }

  get host(): BrokerVirtualHost {
    return this.hostNamed("/");
  }

  hostNamed(name: string): BrokerVirtualHost {
    const host = this.engine.virtualHost(name);
    assert.ok(host !== undefined);
    return host as BrokerVirtualHost;
  }

  async open(): Promise<void> {
    this.#engine = await openQueueEngine({
      fileSystem: nodeFileSystem,
      directory: this.directory,
      durability: "os",
      timers: this.clock.timers,
      report: (event, fields) => this.reports.push({ event, fields }),
      ...this.#settings,
    });
  }

  async restart(): Promise<void> {
    await this.engine.close();
    this.#engine = null;
    await this.open();
  }

  /** Another engine opens what this one has stored so far, as after a kill; this one is heard of no more. */
  async kill(): Promise<void> {
    await this.stored();
    this.#engine = null;
    await this.open();
  }

  async stored(): Promise<void> {
    const stored = await new Promise<boolean>((resolve) => this.engine.whenStored(resolve));
    assert.ok(stored);
  }

  exchange(
    name: string,
    type: string,
    more: { durable?: boolean; autoDelete?: boolean; internal?: boolean; arguments?: FieldTable } = {},
  ): Promise<void> {
    const rest = { durable: false, autoDelete: false, internal: false, arguments: [], ...more };
    return this.host.declareExchange({ name, type, ...rest });
  }

  queue(
    name: string,
    more: {
      durable?: boolean;
      autoDelete?: boolean;
      arguments?: Readonly<Record<string, ArgumentValue>>;
      exclusiveOwner?: object;
    } = {},
  ): Promise<Queue> {
    return this.host.declareQueue({
      name,
      durable: more.durable ?? false,
      autoDelete: more.autoDelete ?? false,
      arguments: tableOf(more.arguments ?? {}),
      exclusiveOwner: more.exclusiveOwner ?? null,
    });
  }

  bind(source: string, destination: string, routingKey = "", table: Record<string, ArgumentValue> = {}) {
    return this.host.bindQueue(bindingOf(source, destination, routingKey, table), NOBODY);
  }

  publish(exchange: string, routingKey: string, body = "", properties: BasicProperties = {}): number {
    return this.host.publish(messageOf(exchange, routingKey, body, properties));
  }

  /** Takes and settles what is ready. */
  drain(queue: string): Message[] {
    const messages: Message[] = [];
    const from = this.host.requireQueue(queue, NOBODY);
    for (let taken = from.take(true); taken !== null; taken = from.take(true)) messages.push(taken.message);
    return messages;
  }

  bodies(queue: string): string[] {
    return this.drain(queue).map(({ body }) => body.toString());
  }

  readyCount(queue: string): number {
    return this.host.requireQueue(queue, NOBODY).readyCount;
  }
}

const MAX_TURNS = 1000;

/** Lets turns of the event loop pass until the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    if (condition()) return;
    await nextTurn();
  }
  assert.fail(`${condition} did not come to hold`);
}

/** Enough turns for anything that was going to happen. */
export async function settleTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await nextTurn();
}

export function refusal(
  code: QueueErrorCode,
  message: string,
): { name: string; code: string; message: string } {
  return { name: "QueueError", code, message };
}
