/** What every connection of ours says of itself. */
import type { AmqpLogin } from "../../load/protocol.ts";
import { encodeMethod } from "./codec.ts";
import type { MethodArguments } from "./methods.ts";

export const CLIENT_NAME = "brokermark";

/** RabbitMQ's default; a broker that wants less gets less. */
const FRAME_MAX = 131_072;

export const DEFAULT_LOGIN: AmqpLogin = { user: "guest", password: "guest", virtualHost: "/" };

export function startOkOf({ user, password }: AmqpLogin): MethodArguments<"connection.start-ok"> {
  const capabilities = {
    publisher_confirms: true,
    "connection.blocked": true,
    consumer_cancel_notify: true,
    authentication_failure_close: true,
    "basic.nack": true,
  };
  return {
    clientProperties: { product: CLIENT_NAME, capabilities },
    mechanism: "PLAIN",
    response: `\0${user}\0${password}`,
    locale: "en_US",
  };
}

/** What answers connection.tune, and the frame size that is agreed on then. Without heartbeats: both ends are on one machine. */
export function openingOf(
  { channelMax, frameMax: offered }: Pick<MethodArguments<"connection.tune">, "channelMax" | "frameMax">,
  { virtualHost }: AmqpLogin,
): { readonly bytes: Buffer; readonly frameMax: number } {
  const frameMax = offered === 0 ? FRAME_MAX : Math.min(FRAME_MAX, offered);
  const tuneOk = encodeMethod("connection.tune-ok", 0, { channelMax, frameMax, heartbeat: 0 });
  return { bytes: Buffer.concat([tuneOk, encodeMethod("connection.open", 0, { virtualHost })]), frameMax };
}
