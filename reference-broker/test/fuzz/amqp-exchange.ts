/**
 * Sends one case on a connection of its own. A broker may answer with frames or close; the bytes that come back must be
 * frames, and when the client has closed its side the connection must end.
 */
import { connect } from "node:net";
import type { AmqpFuzzCase } from "./amqp-cases.ts";

export type AmqpOutcome = "answered" | "closed" | "told why";

const FRAME_END = 0xce;
const INTERNAL_ERROR = 541;
const MAX_ANSWER_BYTES = 131_072 + 8;
/** Time for answers after the last byte was sent; then the client ends its side. */
const LINGER_MS = 20;

export function exchangeAmqp(port: number, { bytes }: AmqpFuzzCase, limitMs: number): Promise<AmqpOutcome> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    let received: Buffer = Buffer.alloc(0);
    let linger: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => finish(new Error("the connection does not end")), limitMs);
    const finish = (outcome: AmqpOutcome | Error) => {
      clearTimeout(timer);
      clearTimeout(linger);
      socket.removeAllListeners();
      socket.on("error", () => undefined);
      socket.destroy();
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    };
    socket.once("connect", () => {
      socket.write(bytes, () => {
        linger = setTimeout(() => socket.end(), LINGER_MS);
      });
    });
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") finish(new Error("the broker does not listen any more"));
    });
    socket.once("close", () => {
      try {
        finish(judge(received));
      } catch (error) {
        finish(error as Error);
      }
    });
  });
}

/** Throws when the bytes are not whole frames or the protocol header. */
function judge(received: Buffer): AmqpOutcome {
  let at = 0;
  let outcome: AmqpOutcome = received.length === 0 ? "closed" : "answered";
  while (at < received.length) {
    if (received.toString("latin1", at, at + 4) === "AMQP") {
      at += 8;
      continue;
    }
    // The connection may be cut while an answer is on its way.
    if (at + 8 > received.length) return outcome;
    const length = received.readUInt32BE(at + 3);
    if (length > MAX_ANSWER_BYTES) throw new Error(`an answer of ${length} bytes`);
    const end = at + 7 + length;
    if (end >= received.length) return outcome;
    if (received[end] !== FRAME_END) throw new Error(`an answer that is no frame at ${at}`);
    const isClose = received[at] === 1 && received.readUInt32BE(at + 7) === 0x000a0032;
    if (isClose) outcome = "told why";
    if (isClose && received.readUInt16BE(at + 11) === INTERNAL_ERROR) throw new Error("an internal error");
    at = end + 1;
  }
  return outcome;
}
