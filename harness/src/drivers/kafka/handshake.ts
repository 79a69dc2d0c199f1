/** The first exchange of every Kafka client: ApiVersions. There is no farewell; a connection is just closed. */
import { HarnessError } from "../../errors.ts";
import type { Handshake } from "../handshake.ts";
import { apiVersions } from "./apis.ts";
import { decodeResponse, encodeRequest } from "./connection.ts";
import { errorName } from "./error-codes.ts";

const LENGTH_BYTES = 4;
const MAX_RESPONSE_BYTES = 64 * 1024;
const CORRELATION_ID = 0;
const NOTHING = Buffer.alloc(0);

export class KafkaHandshake implements Handshake {
  state: Handshake["state"] = "greeting";
  /** Of an answer that has not arrived whole. */
  #unread: Buffer = NOTHING;

  greeting(): Buffer {
    return encodeRequest(apiVersions, CORRELATION_ID, {});
  }

  receive(bytes: Buffer): Buffer {
    if (this.state !== "greeting") return NOTHING;
    const answer = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    this.#unread = answer;
    if (answer.length < LENGTH_BYTES) return NOTHING;
    const frameBytes = answer.readInt32BE(0);
    if (frameBytes < LENGTH_BYTES || frameBytes > MAX_RESPONSE_BYTES) {
      throw new HarnessError("DRIVER_PROTOCOL", `ApiVersions answered with a frame of ${frameBytes} bytes`);
    }
    if (answer.length < LENGTH_BYTES + frameBytes) return NOTHING;
    const frame = answer.subarray(LENGTH_BYTES, LENGTH_BYTES + frameBytes);
    const { errorCode } = decodeResponse(apiVersions, frame, CORRELATION_ID);
    if (errorCode !== 0) {
      throw new HarnessError("DRIVER_PROTOCOL", `ApiVersions failed with ${errorName(errorCode)}`);
    }
    this.#unread = NOTHING;
    this.state = "ready";
    return NOTHING;
  }

  farewell(): Buffer {
    this.state = "ended";
    return NOTHING;
  }
}
