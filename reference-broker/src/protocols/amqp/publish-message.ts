import { PUBLISHED } from "../../engines/queues/contract.ts";
import type { Message } from "../../mechanisms/message.ts";
import type { Channel } from "./channel.ts";
import { REPLY_CODES } from "./reply-codes.ts";

/** Routes a message, or returns it when it must be routed and cannot be. Bits of PUBLISHED. */
export function publishMessage(channel: Channel, message: Message, mandatory: boolean): number {
  const outcome = route(channel, message);
  if (mandatory && (outcome & PUBLISHED.routed) === 0) returnMessage(channel, message);
  if ((outcome & PUBLISHED.blocked) !== 0) channel.session.holdForRoom();
  return outcome;
}

function route({ session }: Channel, message: Message): number {
  const receiver = session.environment.replyRoutes.find(message.exchange, message.routingKey);
  if (receiver === undefined) return session.virtualHost.publish(message);
  receiver?.receiveReply(message);
  return receiver === null ? 0 : PUBLISHED.routed;
}

function returnMessage(channel: Channel, message: Message): void {
  const { writer } = channel.session;
  writer.returned(channel.number, REPLY_CODES.NO_ROUTE.code, "NO_ROUTE", message);
  channel.session.sendLater();
}
