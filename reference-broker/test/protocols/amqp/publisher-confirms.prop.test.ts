import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PublisherConfirms } from "../../../src/protocols/amqp/publisher-confirms.ts";

type Step = "store" | "transient" | "refuse" | "flush" | "hand over" | "stored" | "failed";

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.constantFrom<Step>("store", "store", "transient", "refuse", "flush", "hand over", "stored", "failed"),
  { maxLength: 500, size: "max" },
);

test("every publish is answered once, with what became of it, and never before that is known", () => {
  const property = fc.property(steps, (list) => {
    const confirms = new PublisherConfirms();
    /** By tag: what is known of it. */
    const known = new Map<number, "ack" | "nack">();
    const storing: number[] = [];
    const handedOver: number[][] = [];
    const answered = new Map<number, "ack" | "nack">();
    let tag = 0;
    const send = (to: number, multiple: boolean, isAck: boolean) => {
      const covered: number[] = [];
      for (let one = multiple ? 1 : to; one <= to; one++) if (!answered.has(one)) covered.push(one);
      assert.ok(covered.includes(to), `tag ${to} is answered again`);
      for (const one of covered) {
        assert.equal(known.get(one), isAck ? "ack" : "nack", `tag ${one}`);
        answered.set(one, isAck ? "ack" : "nack");
      }
    };
    const settle = (success: boolean) => {
      const tags = handedOver.shift();
      if (tags === undefined) return;
      for (const one of tags) known.set(one, success ? "ack" : "nack");
      confirms.stored(success);
    };
    for (const step of list) {
      if (step === "store") {
        storing.push(++tag);
        confirms.published(true, false);
      } else if (step === "transient" || step === "refuse") {
        known.set(++tag, step === "refuse" ? "nack" : "ack");
        confirms.published(step === "refuse", step === "refuse");
      } else if (step === "hand over") {
        if (!confirms.hasUnregistered) continue;
        handedOver.push(storing.splice(0));
        confirms.handedOver();
      } else if (step === "flush") confirms.flush(send);
      else settle(step === "stored");
    }
    if (confirms.hasUnregistered) {
      handedOver.push(storing.splice(0));
      confirms.handedOver();
    }
    while (handedOver.length > 0) settle(true);
    confirms.flush(send);
    assert.equal(answered.size, tag);
    assert.equal(confirms.hasUnanswered, false);
  });
  fc.assert(property, { numRuns: 500 });
});

test("a run of acknowledged tags is one answer", () => {
  const confirms = new PublisherConfirms();
  for (let i = 0; i < 1000; i++) confirms.published(true, false);
  confirms.handedOver();
  const sent: unknown[] = [];
  const send = (...answer: [number, boolean, boolean]) => void sent.push(answer);
  confirms.flush(send);
  assert.deepEqual(sent, []);
  confirms.stored(true);
  confirms.flush(send);
  assert.deepEqual(sent, [[1000, true, true]]);
});
