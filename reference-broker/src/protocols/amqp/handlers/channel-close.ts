import type { Channel } from "../channel.ts";

/** The number may be used again as soon as the client has close-ok. */
export function channelClose(channel: Channel): void {
  channel.flushConfirms();
  channel.send("channel.close-ok", {});
  channel.release();
  channel.session.forget(channel);
}
