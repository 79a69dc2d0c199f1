/** From frames of a channel to its handlers: methods, and the content that follows a publish (AMQP 4.2.6). */
import type { Channel } from "./channel.ts";
import { HANDLERS } from "./handler-table.ts";
import { publishContent } from "./handlers/basic-publish.ts";
import { decodeMethod, type MethodFields } from "./methods/table.ts";
import { AmqpError } from "./reply-codes.ts";
import { FRAME } from "./wire/frame-parser.ts";

/** Without a reply of their own. */
const ASYNCHRONOUS: ReadonlySet<string> = new Set([
  ...["basic.publish", "basic.ack", "basic.nack", "basic.reject", "basic.recover-async"],
]);

type AnyHandler = (channel: Channel, fields: unknown) => void | Promise<void>;

/** A promise: the methods behind it wait. */
export function receiveMethod(
  channel: Channel,
  bytes: Buffer,
  start: number,
  end: number,
): Promise<void> | undefined {
  if (!channel.isOpen) return receiveWhileClosing(channel, bytes, start, end);
  if (channel.content.repeatsPublish(bytes, start, end)) {
    channel.session.publishing();
    return undefined;
  }
  channel.content.expectMethod();
  const { name, classId, methodId, fields } = decodeMethod(bytes, start, end);
  channel.methodClassId = classId;
  channel.methodId = methodId;
  const handler = HANDLERS[name] as AnyHandler | undefined;
  if (handler === undefined) {
    if (name === "channel.open") throw new AmqpError("CHANNEL_ERROR", "second 'channel.open' seen");
    throw new AmqpError("COMMAND_INVALID", "unimplemented method");
  }
  if (channel.hasSettled && !ASYNCHRONOUS.has(name)) return answerWhenStored(channel, handler, fields);
  const done = handler(channel, fields) ?? undefined;
  if (name === "basic.publish") {
    channel.content.begin(fields as MethodFields["basic.publish"], bytes, start, end);
  }
  return done;
}

/** A reply says that what the client settled before stays settled, as safely as the durability class has it. */
async function answerWhenStored(channel: Channel, handler: AnyHandler, fields: unknown): Promise<void> {
  channel.hasSettled = false;
  await new Promise((resolve) => channel.session.environment.engine.whenStored(resolve));
  if (channel.isOpen) await handler(channel, fields);
}

/** Between our channel.close and its answer everything else is ignored. */
function receiveWhileClosing(channel: Channel, bytes: Buffer, start: number, end: number): undefined {
  const { name } = decodeMethod(bytes, start, end);
  if (name === "channel.close") channel.answerClose();
  else if (name === "channel.close-ok") channel.session.forget(channel);
  return undefined;
}

export function receiveContentFrame(
  channel: Channel,
  type: number,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (!channel.isOpen) return;
  const { content } = channel;
  const isComplete =
    type === FRAME.header ? content.header(bytes, start, end) : content.body(bytes, start, end);
  if (isComplete) publishContent(channel);
}
