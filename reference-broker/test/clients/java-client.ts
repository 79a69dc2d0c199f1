/** Apache Kafka's Java client behind JSON lines: see java/KafkaClient.java. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { kafkaLibs } from "../support/kafka-install.ts";
import type { Message, ReadMessage } from "./message.ts";

const SOURCE = fileURLToPath(new URL("java/KafkaClient.java", import.meta.url));

interface JavaRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly [string, string | null][];
}

export class JavaClient {
  readonly #child: ChildProcess;
  readonly #waiting: { resolve: (result: unknown) => void; reject: (error: Error) => void }[] = [];
  #log = "";

  constructor() {
    this.#child = spawn(
      "java",
      ["-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", path.join(kafkaLibs()!, "*"), SOURCE],
      { stdio: ["pipe", "pipe", "pipe"] },
    );
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      const answer = JSON.parse(line) as { result?: unknown; error?: string };
      const waiting = this.#waiting.shift();
      if (answer.error === undefined) waiting?.resolve(answer.result);
      else waiting?.reject(new Error(`Java client: ${answer.error}`));
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString("utf8")).slice(-8192);
    });
    this.#child.once("exit", () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`Java client ended\n${this.#log}`));
    });
  }

  /** Requests are performed one after another. */
  call<T>(op: string, request: Record<string, unknown> = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ resolve: resolve as (result: unknown) => void, reject });
      this.#child.stdin?.write(`${JSON.stringify({ op, ...request })}\n`);
    });
  }

  /** Offsets in the order of `messages`. */
  produce(
    bootstrap: string,
    topic: string,
    partition: number,
    messages: readonly Message[],
    config: Record<string, string> = {},
  ): Promise<number[]> {
    const records = messages.map((message) => ({
      key: message.key?.toString("base64") ?? null,
      value: message.value?.toString("base64") ?? null,
      headers: message.headers.map(([name, value]) => [name, value?.toString("base64") ?? null]),
      timestamp: message.timestampMs,
    }));
    return this.call("produce", { bootstrap, topic, partition, records, config });
  }

  /** From `from` to the log end, or `max` messages. The consumer checks CRCs. */
  async consume(
    bootstrap: string,
    topic: string,
    partition: number,
    from: number,
    max?: number,
  ): Promise<ReadMessage[]> {
    const records = await this.call<JavaRecord[]>("consume", { bootstrap, topic, partition, from, max });
    const decode = (text: string | null) => (text === null ? null : Buffer.from(text, "base64"));
    return records.map((record) => ({
      offset: record.offset,
      timestampMs: record.timestamp,
      key: decode(record.key),
      value: decode(record.value),
      headers: record.headers.map(([name, value]) => [name, decode(value)] as const),
    }));
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await gone;
    clearTimeout(timer);
  }
}
