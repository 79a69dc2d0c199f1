/**
 * Answers of publishes held back, over both protocols: the response of a Kafka produce, the confirms of an AMQP channel.
 * Answers of one connection or channel keep their order, so what comes behind a held one waits with it.
 */
import { PublisherConfirms, type SendConfirm } from "../src/protocols/amqp/publisher-confirms.ts";
import { produceMessage } from "../src/protocols/kafka/messages/00-produce.ts";
import { replaceKafkaHandler } from "./kafka-row.ts";

export interface AnswerHold {
  /** Whether this answer is held; asked once for each. Those that are not take their usual way. */
  takes(): boolean;
  /** Of one that is ready: calls `release` when it may go, not within the call. */
  hold(release: () => void): void;
}

export function holdAnswers(hold: AnswerHold): void {
  holdProduceResponses(hold);
  holdConfirms(hold);
}

function holdProduceResponses(hold: AnswerHold): void {
  const held = <Response>(response: Response): Promise<Response> =>
    new Promise((resolve) => hold.hold(() => resolve(response)));
  replaceKafkaHandler(produceMessage, (original) => (request, context) => {
    const reply = original(request, context);
    if (reply === null) return null; // acks 0: there is no answer
    if (!hold.takes()) return reply;
    return reply instanceof Promise ? reply.then(held) : held(reply);
  });
}

function holdConfirms(hold: AnswerHold): void {
  const { flush } = PublisherConfirms.prototype;
  // One sender for each channel, which hands in the same function every time.
  const lines = new WeakMap<SendConfirm, SendConfirm>();
  PublisherConfirms.prototype.flush = function (this: PublisherConfirms, send: SendConfirm) {
    let line = lines.get(send);
    if (line === undefined) lines.set(send, (line = orderly(send, hold)));
    flush.call(this, line);
  };
}

interface HeldConfirm {
  readonly args: Parameters<SendConfirm>;
  isReleased: boolean;
}

/** Sends in the order of its calls, each when it is released. */
function orderly(send: SendConfirm, hold: AnswerHold): SendConfirm {
  let waiting: HeldConfirm[] = [];
  const sendReleased = () => {
    let sent = 0;
    while (sent < waiting.length && waiting[sent]!.isReleased) send(...waiting[sent++]!.args);
    if (sent > 0) waiting = waiting.slice(sent);
  };
  return (tag, multiple, isAck) => {
    const isHeld = hold.takes();
    if (!isHeld && waiting.length === 0) return send(tag, multiple, isAck);
    const confirm: HeldConfirm = { args: [tag, multiple, isAck], isReleased: !isHeld };
    waiting.push(confirm);
    if (!isHeld) return;
    hold.hold(() => {
      confirm.isReleased = true;
      sendReleased();
    });
  };
}
