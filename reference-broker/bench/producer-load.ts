/**
 * Produce load for the bench: one-batch requests on a few pipelined connections, either as fast as answers come
 * (closed loop) or at intended times (open loop). Requests are encoded once; only the correlation id changes.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { build, type Histogram } from "hdr-histogram-js";
import { encodeBatch } from "../test/support/wire-batch.ts";
import { frame, produceRequest } from "../test/support/wire-requests.ts";

export const RECORDS_PER_REQUEST = 10;
export const RECORD_BYTES = 100;
export const CONNECTIONS = 4;
const IN_FLIGHT_PER_CONNECTION = 32;
const CORRELATION_ID_AT = 8;
const HIGHEST_LATENCY_US = 60_000_000;
const DRAIN_LIMIT_MS = 10_000;

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

type OnAnswer = (connection: ProduceConnection, correlationId: number) => void;

/** One partition per connection. Any answer with an error code ends the bench: its figures would mean nothing. */
class ProduceConnection {
  readonly #socket: Socket;
  readonly #request: Buffer;
  readonly #errorCodeAt: number;
  #pending: Buffer = Buffer.alloc(0);
  failure: Error | null = null;

  constructor(socket: Socket, topic: string, partition: number, onAnswer: OnAnswer) {
    this.#socket = socket;
    const records = Array.from({ length: RECORDS_PER_REQUEST }, (_, at) => ({
      value: Buffer.alloc(RECORD_BYTES, 0x61 + at),
    }));
    this.#request = frame(produceRequest(topic, partition, encodeBatch(records), -1), 0);
    // Size, correlation id, array, topic, array, partition.
    this.#errorCodeAt = 4 + 4 + 4 + 2 + topic.length + 4 + 4;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk, onAnswer));
    socket.on("close", () => {
      this.failure ??= new Error("the broker closed the connection");
    });
    socket.on("error", (error) => {
      this.failure ??= error;
    });
  }

  send(correlationId: number): void {
    const request = Buffer.from(this.#request);
    request.writeInt32BE(correlationId, CORRELATION_ID_AT);
    this.#socket.write(request);
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  #receive(chunk: Buffer, onAnswer: OnAnswer): void {
    let bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
      const errorCode = bytes.readInt16BE(this.#errorCodeAt);
      if (errorCode !== 0) this.failure ??= new Error(`produce answered with error ${errorCode}`);
      onAnswer(this, bytes.readInt32BE(4));
      bytes = bytes.subarray(4 + bytes.readInt32BE(0));
    }
    this.#pending = bytes;
  }
}

async function openAll(endpoint: Endpoint, topic: string, onAnswer: OnAnswer): Promise<ProduceConnection[]> {
  return Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, partition) => {
      const socket = connect({ ...endpoint, noDelay: true });
      await once(socket, "connect");
      return new ProduceConnection(socket, topic, partition, onAnswer);
    }),
  );
}

function throwFailures(connections: readonly ProduceConnection[]): void {
  for (const { failure } of connections) if (failure !== null) throw failure;
}

export interface ClosedLoopResult {
  readonly requestsPerSecond: number;
  /** This process, user and system, in parts of one core. */
  readonly generatorCpu: number;
}

export async function closedLoop(
  endpoint: Endpoint,
  topic: string,
  durationMs: number,
): Promise<ClosedLoopResult> {
  let answered = 0;
  let running = true;
  const connections = await openAll(endpoint, topic, (connection) => {
    answered += 1;
    if (running) connection.send(answered);
  });
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  for (const connection of connections) {
    for (let at = 0; at < IN_FLIGHT_PER_CONNECTION; at++) connection.send(at);
  }
  await pause(durationMs);
  running = false;
  const elapsedMs = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  const requestsPerSecond = (answered / elapsedMs) * 1000;
  throwFailures(connections);
  for (const connection of connections) connection.close();
  return { requestsPerSecond, generatorCpu: (cpu.user + cpu.system) / 1000 / elapsedMs };
}

export interface LatencyUs {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p99_9: number;
  readonly max: number;
}

export interface OpenLoopResult {
  readonly requestsPerSecond: number;
  /** From the intended send to the broker's answer. */
  readonly publish: LatencyUs;
  /** From the intended send to the write: the generator's own part of the above. */
  readonly scheduleLag: LatencyUs;
}

/** Sends that fall into `warmupMs` are made but not recorded. The loop spins: a timer would add up to 1 ms. */
export async function openLoop(
  endpoint: Endpoint,
  topic: string,
  requestsPerSecond: number,
  warmupMs: number,
  durationMs: number,
): Promise<OpenLoopResult> {
  const publish = newHistogram();
  const scheduleLag = newHistogram();
  const intervalMs = 1000 / requestsPerSecond;
  const total = Math.floor((warmupMs + durationMs) / intervalMs);
  const firstRecorded = Math.floor(warmupMs / intervalMs);
  let answered = 0;
  let startedAt = 0;
  const record = (histogram: Histogram, request: number) => {
    if (request < firstRecorded) return;
    const microseconds = (performance.now() - startedAt - request * intervalMs) * 1000;
    histogram.recordValue(Math.min(HIGHEST_LATENCY_US, Math.max(1, Math.round(microseconds))));
  };
  const connections = await openAll(endpoint, topic, (_, request) => {
    answered += 1;
    record(publish, request);
  });
  startedAt = performance.now();
  for (let next = 0; next < total; await immediately()) {
    for (; next < total && next * intervalMs <= performance.now() - startedAt; next++) {
      record(scheduleLag, next);
      connections[next % CONNECTIONS]!.send(next);
    }
    throwFailures(connections);
  }
  const deadline = performance.now() + DRAIN_LIMIT_MS;
  while (answered < total && performance.now() < deadline) await pause(1);
  throwFailures(connections);
  for (const connection of connections) connection.close();
  if (answered < total) throw new Error(`${total - answered} of ${total} requests were not answered`);
  return { requestsPerSecond, publish: summarize(publish), scheduleLag: summarize(scheduleLag) };
}

function newHistogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_LATENCY_US,
    numberOfSignificantValueDigits: 3,
  });
}

function summarize(histogram: Histogram): LatencyUs {
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile);
  return { count: histogram.totalCount, p50: at(50), p99: at(99), p99_9: at(99.9), max: histogram.maxValue };
}

function immediately(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
