/** Requests from frames to objects, responses from objects to frames, and the check of a record batch. */
import { BufferWriter } from "../../../src/base/buffer-writer.ts";
import { findBatchFault } from "../../../src/mechanisms/record-batch.ts";
import { decodeRequest, encodeResponse } from "../../../src/protocols/kafka/dispatch.ts";
import type { Message, ResponseOf } from "../../../src/protocols/kafka/schema.ts";
import { encodeBatch } from "../../../test/support/wire-batch.ts";
import {
  apiVersionsRequest,
  fetchRequest,
  frame,
  metadataRequest,
  produceRequest,
  type Request,
} from "../../../test/support/wire-requests.ts";
import type { Benchmark, Subject, Suite } from "../benchmark.ts";

const OPERATIONS = 5000;
const LENGTH_BYTES = 4;
const NOW_MS = 1_700_000_000_000;
const ZSTD = 4;
const RECORD_BYTES = 100;

function batchOf(records: number): Buffer {
  const value = Buffer.alloc(RECORD_BYTES, 0x61);
  return encodeBatch(
    Array.from({ length: records }, () => ({ value })),
    { baseTimestamp: NOW_MS },
  );
}

function repeated(operation: () => number, operations = OPERATIONS): Subject {
  return {
    operations,
    run: () => {
      let sum = 0;
      for (let at = 0; at < operations; at++) sum += operation();
      return sum;
    },
  };
}

function decoding(name: string, request: Request): Benchmark {
  return {
    ...{ name: `kafka: decode ${name}`, operation: "request" },
    prepare: () => {
      const bytes = frame(request, 7).subarray(LENGTH_BYTES);
      return repeated(() => decodeRequest(bytes).correlationId);
    },
  };
}

function encoding(name: string, request: Request, response: ResponseOf<Message>): Benchmark {
  return {
    ...{ name: `kafka: encode ${name}`, operation: "response" },
    prepare: () => {
      const incoming = decodeRequest(frame(request, 7).subarray(LENGTH_BYTES));
      const writer = new BufferWriter();
      return repeated(() => encodeResponse(writer, incoming, response)[0]!.length);
    },
  };
}

function checking(records: number): Benchmark {
  const batch = batchOf(records);
  return {
    ...{
      name: `kafka: check a batch of ${records.toLocaleString("en")} records of 100 B`,
      operation: "batch",
    },
    bytesPerOperation: batch.length,
    prepare: () => {
      const limits = { maxMessageBytes: 2 ** 30, timestampBounds: null };
      const check = () => (findBatchFault(batch, ZSTD, limits, NOW_MS) === null ? batch.length : 0);
      return repeated(check, Math.max(10, Math.floor(OPERATIONS / records)));
    },
  };
}

const produceAnswer = {
  responses: [{ name: "topic", partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 12_345 }] }],
};

const fetchAnswer = {
  ...{ throttleTimeMs: 0, errorCode: 0 },
  responses: [
    {
      topic: "topic",
      partitions: [
        {
          ...{ partitionIndex: 0, errorCode: 0, highWatermark: 99, lastStableOffset: 99, logStartOffset: 0 },
          ...{ abortedTransactions: null, records: [Buffer.alloc(16 * 1024)] },
        },
      ],
    },
  ],
};

export const suite: Suite = {
  benchmarks: [
    decoding("Produce v7, one batch of 16 KiB", produceRequest("topic", 0, batchOf(150))),
    decoding("Fetch v11, one partition", fetchRequest("topic", 0, 12_345)),
    decoding("Metadata v4, two topics", metadataRequest(["topic", "other"])),
    decoding("ApiVersions v0", apiVersionsRequest()),
    encoding("Produce v7", produceRequest("topic", 0, batchOf(1)), produceAnswer as never),
    encoding("Fetch v11, 16 KiB of records", fetchRequest("topic", 0, 0), fetchAnswer as never),
    checking(10),
    checking(150),
    checking(10_000),
  ],
};
