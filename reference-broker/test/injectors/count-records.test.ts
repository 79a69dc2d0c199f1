import assert from "node:assert/strict";
import { test } from "node:test";
import { countRecords } from "../../injectors/on-published.ts";
import { encodeBatch } from "../support/wire-batch.ts";

const records = (count: number) => Array.from({ length: count }, () => ({ value: Buffer.from("x") }));

test("records of all batches are counted by their headers", () => {
  assert.equal(countRecords(Buffer.concat([encodeBatch(records(3)), encodeBatch(records(40))])), 43);
});

test("what is no batch counts for nothing, and a wrong count for no more than the batch's bytes", () => {
  assert.equal(countRecords(Buffer.alloc(200)), 0);
  assert.equal(countRecords(encodeBatch(records(2)).subarray(0, -1)), 0);
  const boasting = encodeBatch(records(2), { recordCount: 2 ** 30 });
  assert.equal(countRecords(boasting), boasting.length);
  assert.equal(countRecords(encodeBatch(records(2), { recordCount: -5 })), 0);
});
