/** Opening and closing of a connection (section 2.2.4 of the specification) without a channel, as bytes in and bytes out. */
import { HarnessError } from "../../errors.ts";
import type { AmqpLogin } from "../../load/protocol.ts";
import type { Handshake } from "../handshake.ts";
import {
  decodeArguments,
  encodeMethod,
  FRAME,
  FRAME_HEAD_BYTES,
  frameEnd,
  PROTOCOL_HEADER,
} from "./codec.ts";
import { DEFAULT_LOGIN, openingOf, startOkOf } from "./log-in.ts";
import { methodOfKey } from "./methods.ts";

/** The largest frame here is connection.start, of some hundred bytes. */
const MAX_FRAME_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

export class AmqpHandshake implements Handshake {
  state: Handshake["state"] = "greeting";
  readonly #login: AmqpLogin;
  /** Of a frame that has not arrived whole. */
  #unread: Buffer = NOTHING;

  constructor(login: AmqpLogin = DEFAULT_LOGIN) {
    this.#login = login;
  }

  greeting(): Buffer {
    return PROTOCOL_HEADER;
  }

  receive(bytes: Buffer): Buffer {
    const arrived = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    const answers: Buffer[] = [];
    let at = 0;
    for (;;) {
      const end = frameEnd(arrived, at, arrived.length, MAX_FRAME_BYTES);
      if (end === 0) break;
      // Heartbeats are asked for by nobody, and what is not a method is passed over.
      if (arrived[at] === FRAME.method) {
        answers.push(this.#method(arrived.subarray(at + FRAME_HEAD_BYTES, end - 1)));
      }
      at = end;
    }
    // A copy: the rest would keep the whole read in memory.
    this.#unread = at === arrived.length ? NOTHING : Buffer.from(arrived.subarray(at));
    return answers.length === 0 ? NOTHING : Buffer.concat(answers);
  }

  farewell(): Buffer {
    return encodeMethod("connection.close", 0, { replyCode: 200 });
  }

  #method(payload: Buffer): Buffer {
    const name = methodOfKey(payload.readUInt32BE(0));
    switch (name) {
      case "connection.start":
        return encodeMethod("connection.start-ok", 0, startOkOf(this.#login));
      case "connection.tune":
        return openingOf(decodeArguments(name, payload), this.#login).bytes;
      case "connection.open-ok":
        this.state = "ready";
        return NOTHING;
      case "connection.close-ok":
        this.state = "ended";
        return NOTHING;
      case "connection.close": {
        const { replyCode, replyText } = decodeArguments(name, payload);
        const refusal = `connection.close ${replyCode} ${replyText}`;
        throw new HarnessError("DRIVER_PROTOCOL", `the broker answered the handshake with ${refusal}`);
      }
      default:
        return NOTHING;
    }
  }
}
