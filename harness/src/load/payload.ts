import type { PayloadKind } from "../scenario/plan.ts";
import type { Random } from "./random.ts";

/** Fills `target` with one message's payload; equal random states give equal bytes. */
export type PayloadFill = (target: Uint8Array, random: Random) => void;

export const PAYLOAD_FILLS: Readonly<Record<PayloadKind, PayloadFill>> = {
  json: fillWithEvent,
  random: (target, random) => {
    for (let at = 0; at < target.length; at++) target[at] = random() >>> 11;
  },
};

const EVENTS = ["page_view", "add_to_cart", "purchase", "search", "login", "logout"];
const REGIONS = ["eu-west-1", "eu-central-1", "us-east-1", "us-west-2", "ap-south-1"];
const DEVICES = ["mobile", "desktop", "tablet"];

/**
 * A web shop's event as JSON, cut or continued to the wanted length: field names repeat, most values come from
 * few, ids and amounts are random. lz4 shrinks a large batch of 100-byte messages to about 40 %.
 */
function fillWithEvent(target: Uint8Array, random: Random): void {
  let text = "";
  while (text.length < target.length) text += event(random);
  Buffer.from(target.buffer, target.byteOffset, target.length).write(text, 0, target.length, "latin1");
}

function event(random: Random): string {
  const pick = (values: readonly string[]) => values[random() % values.length];
  return (
    `{"event":"${pick(EVENTS)}","user":${10_000 + (random() % 90_000)},"session":"${hex(random())}",` +
    `"region":"${pick(REGIONS)}","amount":${random() % 200}.${10 + (random() % 90)},"currency":"EUR",` +
    `"trace":"${hex(random())}${hex(random())}${hex(random())}","device":"${pick(DEVICES)}",` +
    `"path":"/products/${random() % 5000}","status":200}\n`
  );
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
