import type { Channel } from "./channel.ts";
import { AmqpError } from "./reply-codes.ts";

/** An empty name stands for the queue that the channel declared last. */
export function queueNamed(channel: Channel, name: string): string {
  if (name !== "") return name;
  if (channel.lastDeclaredQueue !== "") return channel.lastDeclaredQueue;
  throw new AmqpError("NOT_FOUND", "no previously declared queue");
}
