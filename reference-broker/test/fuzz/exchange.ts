/**
 * Sends one case on a connection of its own and says what came back. A broker may answer in the protocol or close;
 * anything else (an answer nobody asked for, a frame that is none, silence) is a violation.
 */
import { connect } from "node:net";
import { API, apiVersionsRequest, frame } from "../support/wire-requests.ts";
import type { FuzzCase } from "./cases.ts";

export type Outcome = "answered" | "closed" | "parked" | "silent";

export interface Patience {
  readonly silenceLimitMs: number;
  /** Apache Kafka 4.3.1 never answers a produce whose records are null: counted there, a violation elsewhere. */
  readonly silenceAllowed: boolean;
}

/** Kafka's default socket.request.max.bytes; a larger announcement must end the connection. */
const MAX_REQUEST_BYTES = 104_857_600;
const MAX_ANSWER_BYTES = 16_777_216;
const SENTINEL_ID = 0x5e_47_1e_11;
/** A damaged fetch may legally ask to wait for long; it is left alone after this. */
const PARKED_AFTER_MS = 200;
const SHORTEST_HEADER_BYTES = 8;

const SENTINEL = frame(apiVersionsRequest(), SENTINEL_ID);

interface Announced {
  /** Correlation ids of whole requests, in order. */
  readonly expectedIds: readonly number[];
  /** The last request is not all there, or announces what no broker takes. */
  readonly incomplete: boolean;
  readonly mayPark: boolean;
}

/** Cuts the bytes into requests as a broker does. */
export function announced(bytes: Buffer): Announced {
  const expectedIds: number[] = [];
  let mayPark = false;
  let at = 0;
  while (at + 4 <= bytes.length) {
    const size = bytes.readInt32BE(at);
    if (size < SHORTEST_HEADER_BYTES || size > MAX_REQUEST_BYTES || at + 4 + size > bytes.length) break;
    mayPark ||= bytes.readInt16BE(at + 4) === API.fetch;
    expectedIds.push(bytes.readInt32BE(at + 8));
    at += 4 + size;
  }
  return { expectedIds, incomplete: at < bytes.length, mayPark };
}

export function exchange(
  host: string,
  port: number,
  { bytes }: FuzzCase,
  patience: Patience,
): Promise<Outcome> {
  const silent = () => (patience.silenceAllowed ? "silent" : new Error("neither answered nor closed"));
  const request = announced(bytes);
  // After a request that is whole, a valid one must be answered, or the connection closed.
  const expectedIds = request.incomplete ? [...request.expectedIds] : [...request.expectedIds, SENTINEL_ID];
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    let pending: Buffer = Buffer.alloc(0);
    let timer: NodeJS.Timeout | undefined;
    const finish = (outcome: Outcome | Error) => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on("error", () => undefined);
      socket.resetAndDestroy();
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    };
    socket.once("connect", () => {
      socket.write(request.incomplete ? bytes : Buffer.concat([bytes, SENTINEL]));
      if (request.incomplete && !request.mayPark) socket.end();
      timer = request.mayPark
        ? setTimeout(() => finish("parked"), PARKED_AFTER_MS)
        : setTimeout(() => finish(silent()), patience.silenceLimitMs);
    });
    socket.on("data", (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (pending.length >= 8) {
        const size = pending.readInt32BE(0);
        if (size < 4 || size > MAX_ANSWER_BYTES) return finish(new Error(`an answer of ${size} bytes`));
        if (pending.length < 4 + size) return;
        const id = pending.readInt32BE(4);
        pending = pending.subarray(4 + size);
        // Requests without an answer (acks=0) are passed over; order is kept.
        const found = expectedIds.indexOf(id);
        if (found < 0) return finish(new Error(`an answer with correlation id ${id} that nobody asked for`));
        expectedIds.splice(0, found + 1);
        if (id === SENTINEL_ID) return finish("answered");
      }
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") finish(new Error("the broker does not listen any more"));
      else finish("closed");
    });
    socket.once("close", () => finish("closed"));
  });
}
