/** The ledger finds what it is there to find. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { decodeBody, encodeBody } from "./message-body.ts";
import { type Anomalies, noAnomalies, QueueLedger } from "./queue-ledger.ts";

const BYTES = 100;

/** Messages 1 to 4 of one publisher, the last with another priority; 1 and 4 are confirmed, 2 is nacked. */
function ledgerOfFour(): QueueLedger {
  const ledger = new QueueLedger();
  for (const number of [1, 2, 3, 4]) {
    ledger.published(number, { publisher: 0, priority: number === 4 ? 1 : 0, bytes: BYTES });
  }
  ledger.confirmed(1);
  ledger.confirmed(4);
  ledger.nacked(2);
  return ledger;
}

function settle(ledger: QueueLedger, ...numbers: number[]): void {
  for (const number of numbers) {
    ledger.acked("live", number);
    ledger.ackIsSure("live", number);
  }
}

type Act = (ledger: QueueLedger) => void;

const live = (ledger: QueueLedger, number: number, redelivered = false) =>
  ledger.delivered("live", number, BYTES, redelivered);

/** Everything else is settled as it should be. */
const ANOMALIES: readonly (readonly [keyof Anomalies, string, Act])[] = [
  ["phantoms", "a number nobody published", (ledger) => ledger.delivered("live", 9, BYTES, false)],
  ["corrupt", "a body whose checksum is wrong", (ledger) => ledger.delivered("live", null, BYTES, false)],
  ["corrupt", "a body of another length", (ledger) => ledger.delivered("live", 1, BYTES - 1, false)],
  ["refusedDelivered", "a nacked message", (ledger) => live(ledger, 2)],
  ["returned", "one whose ack had a reply", (ledger) => live(ledger, 1, true)],
  ["reordered", "3 before 1", (ledger) => [3, 1].forEach((number) => void live(ledger, number))],
  ["dishonest", "twice, not marked", (ledger) => [3, 3].forEach((number) => void live(ledger, number))],
  [
    "deadCopies",
    "a second letter in one life",
    (ledger) => [3, 3].forEach((number) => void ledger.delivered("dead", number, BYTES, false)),
  ],
];

for (const [kind, name, act] of ANOMALIES) {
  it(`${kind}: ${name}`, () => {
    const ledger = ledgerOfFour();
    settle(ledger, ...(kind === "reordered" ? [4] : [1, 4]));
    act(ledger);
    if (kind === "reordered") settle(ledger, 1);
    assert.deepEqual(ledger.judge().anomalies, { ...noAnomalies(), [kind]: 1 });
    assert.equal(ledger.findings.length, 1);
  });
}

it("lost: confirmed, and neither acknowledged nor found", () => {
  const ledger = ledgerOfFour();
  settle(ledger, 4);
  assert.equal(ledger.isAccounted, false);
  assert.deepEqual(ledger.judge().anomalies, { ...noAnomalies(), lost: 1 });
});

it("reordered in the last reading, though redelivered", () => {
  const ledger = ledgerOfFour();
  for (const number of [3, 1]) {
    live(ledger, number, true);
    ledger.drained("live", number);
  }
  settle(ledger, 1, 4);
  assert.deepEqual(ledger.judge().anomalies, { ...noAnomalies(), reordered: 1 });
});

it("passes what a kill may do", () => {
  const ledger = ledgerOfFour();
  live(ledger, 1);
  ledger.acked("live", 1);
  ledger.restarted();
  // The ack was in flight; 3 was never confirmed; 4 has its own lane and died, twice with the kill in between.
  live(ledger, 1, true);
  live(ledger, 3, true);
  settle(ledger, 3);
  for (let copy = 0; copy < 2; copy++) ledger.delivered("dead", 4, BYTES, false);
  ledger.acked("dead", 4);
  const { anomalies, counts } = ledger.judge();
  assert.deepEqual(anomalies, noAnomalies());
  assert.deepEqual([counts.uncertainReturned, counts.uncertainAcks, counts.unconfirmedKept], [1, 2, 1]);
});

it("a body vouches for itself", () => {
  for (const bytes of [10, 11, 5000]) {
    const body = encodeBody(123_456_789_012, bytes);
    assert.equal(decodeBody(body), 123_456_789_012);
    body[bytes - 1]! ^= 1;
    assert.equal(decodeBody(body), null);
  }
});
