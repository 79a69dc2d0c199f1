/**
 * Named bad input with the answer it must get; the table holds for Apache Kafka 4.3.1 too. After each case nothing
 * was appended and an innocent client still writes and reads.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, afterEach, before, describe, it } from "node:test";
import {
  type BrokerProcess,
  readProcessCost,
  startBroker,
  targetFromEnvironment,
} from "../support/broker-process.ts";
import { connectWhenReady, createTopic, LOG_END, offsetFor } from "../support/client.ts";
import type { Connection } from "../support/connection.ts";
import { Connection as RawConnection } from "../support/connection.ts";
import { type BatchFields, encodeBatch } from "../support/wire-batch.ts";
import { apiVersionsRequest, frame, produceRequest, readProduceResponse } from "../support/wire-requests.ts";
import { Innocent } from "./innocent.ts";

const CORRUPT_MESSAGE = 2;
const INVALID_REQUIRED_ACKS = 21;
const UNKNOWN_TOPIC_OR_PARTITION = 3;
const MESSAGE_TOO_LARGE = 10;
const UNSUPPORTED_VERSION = 35;
const INVALID_RECORD = 87;
const TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 53;
const UNKNOWN_SERVER_ERROR = -1;
const UNSUPPORTED_FOR_MESSAGE_FORMAT = 43;
const INVALID_TXN_STATE = 48;

const TOPIC = "refusals";
const CLOSE_LIMIT_MS = 10_000;

const target = targetFromEnvironment();
let broker: BrokerProcess;
let innocent: Innocent;
let observer: Connection;
let logEnd = 0;

before(async () => {
  broker = await startBroker({ target });
  observer = await connectWhenReady(broker.host, broker.port);
  await createTopic(observer, TOPIC, 1);
  innocent = await Innocent.start(broker.host, broker.port);
});

afterEach(async () => {
  assert.equal(broker.exited(), false, broker.log());
  await innocent.checkAlive();
  const expected = logEnd;
  logEnd = await offsetFor(observer, TOPIC, 0, LOG_END);
  assert.equal(logEnd, expected, "nothing is appended");
});

after(async () => {
  await innocent?.checkEverything();
  innocent?.close();
  observer?.close();
  await broker?.discard();
});

const twoRecords = (fields: Partial<BatchFields> = {}) =>
  encodeBatch([{ value: Buffer.from("first") }, { value: Buffer.from("second") }], fields);

async function produceAlone(records: Buffer | null, acks = -1, partition = 0): Promise<number> {
  const connection = await RawConnection.open(broker.host, broker.port);
  try {
    return readProduceResponse(await connection.send(produceRequest(TOPIC, partition, records, acks)))
      .errorCode;
  } finally {
    connection.close();
  }
}

// Where two codes stand, the first is Kafka's; clients treat both alike (not retriable, or retried in vain).
describe("batches that are refused", () => {
  const refused: readonly (readonly [string, Partial<BatchFields>, readonly number[]])[] = [
    ["wrong CRC", { crcError: 1 }, [CORRUPT_MESSAGE]],
    ["record count above the last offset delta", { recordCount: 3 }, [INVALID_RECORD]],
    ["record count 0", { recordCount: 0 }, [INVALID_RECORD]],
    ["record count negative", { recordCount: -1 }, [INVALID_RECORD]],
    ["last offset delta above the count", { lastOffsetDelta: 5 }, [INVALID_RECORD]],
    [
      "last offset delta of two billion",
      { lastOffsetDelta: 0x7ffffffe, recordCount: 0x7fffffff },
      [INVALID_RECORD],
    ],
    ["magic 1", { magic: 1 }, [INVALID_RECORD, UNSUPPORTED_FOR_MESSAGE_FORMAT]],
    ["magic 3", { magic: 3 }, [CORRUPT_MESSAGE, UNSUPPORTED_FOR_MESSAGE_FORMAT]],
    ["compression 5", { attributes: 5 }, [UNKNOWN_SERVER_ERROR, CORRUPT_MESSAGE]],
    ["compression 7", { attributes: 7 }, [UNKNOWN_SERVER_ERROR, CORRUPT_MESSAGE]],
    ["a control batch", { attributes: 0x20 }, [INVALID_RECORD]],
    [
      "transactional without a transaction",
      { attributes: 0x10 },
      [TRANSACTIONAL_ID_AUTHORIZATION_FAILED, INVALID_TXN_STATE],
    ],
    ["length one too long", { lengthError: 1 }, [INVALID_RECORD, CORRUPT_MESSAGE]],
    ["length one too short", { lengthError: -1 }, [CORRUPT_MESSAGE, INVALID_RECORD]],
    ["length negative", { lengthError: -10_000 }, [CORRUPT_MESSAGE, INVALID_RECORD]],
    ["length of two billion", { lengthError: 0x7fffff00 }, [CORRUPT_MESSAGE, INVALID_RECORD]],
  ];
  for (const [name, fields, codes] of refused) {
    it(name, async () => {
      const code = await produceAlone(twoRecords(fields));
      assert.ok(codes.includes(code), `error ${code}, expected ${codes.join(" or ")}`);
    });
  }

  for (const [claimed, name] of [
    [3, "more"],
    [1, "fewer"],
  ] as const) {
    it(`a batch that claims ${name} records than it holds`, async () => {
      const fields = { recordCount: claimed, lastOffsetDelta: claimed - 1 };
      assert.equal(await produceAlone(twoRecords(fields)), INVALID_RECORD);
    });
  }

  it("two batches for one partition", async () => {
    assert.equal(await produceAlone(Buffer.concat([twoRecords(), twoRecords()])), INVALID_RECORD);
  });

  it("no batch at all, and half a header", async () => {
    for (const records of [Buffer.alloc(0), twoRecords().subarray(0, 50)]) {
      assert.ok([INVALID_RECORD, CORRUPT_MESSAGE].includes(await produceAlone(records)));
    }
  });

  it("more bytes than max.message.bytes", async () => {
    const batch = encodeBatch([{ value: Buffer.alloc(1_048_588) }]);
    assert.equal(await produceAlone(batch), MESSAGE_TOO_LARGE);
  });

  it("acks that do not exist, a partition that does not exist", async () => {
    assert.equal(await produceAlone(twoRecords(), 2), INVALID_REQUIRED_ACKS);
    assert.equal(await produceAlone(twoRecords(), -1, 7), UNKNOWN_TOPIC_OR_PARTITION);
    assert.equal(await produceAlone(twoRecords(), -1, -1), UNKNOWN_TOPIC_OR_PARTITION);
  });

  it("and a good batch after them is taken", async () => {
    assert.equal(await produceAlone(twoRecords()), 0);
    logEnd += 2;
  });
});

/** Whether the broker closes after these bytes; it must within the limit, and say nothing first. */
async function isClosedAfter(bytes: Buffer): Promise<void> {
  const socket = connect({ host: broker.host, port: broker.port });
  await once(socket, "connect");
  let answer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    answer = Buffer.concat([answer, chunk]);
  });
  socket.on("error", () => undefined);
  const closed = once(socket, "close", { signal: AbortSignal.timeout(CLOSE_LIMIT_MS) });
  socket.write(bytes);
  await closed;
  assert.equal(answer.length, 0, "closed without an answer");
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

describe("connections that are closed", () => {
  const body = Buffer.alloc(0);
  const closed: readonly (readonly [string, Buffer])[] = [
    ["a negative size", int32(-1)],
    ["the smallest size", int32(-0x80000000)],
    ["the largest size", int32(0x7fffffff)],
    ["a size one above the limit", int32(104_857_601)],
    ["a size of nothing", int32(0)],
    ["an unknown api key", frame({ apiKey: 999, apiVersion: 0, body }, 1)],
    ["a negative api key", frame({ apiKey: -1, apiVersion: 0, body }, 1)],
    ["an unknown version", frame({ ...produceRequest(TOPIC, 0, null), apiVersion: 99 }, 1)],
    [
      "a produce version of the old message formats",
      frame({ ...produceRequest(TOPIC, 0, null), apiVersion: 1 }, 1),
    ],
    ["a body that ends too early", frame({ ...produceRequest(TOPIC, 0, null), body: Buffer.alloc(3) }, 1)],
    ["an array of two billion", frame({ apiKey: 3, apiVersion: 4, body: int32(0x7fffffff) }, 1)],
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
  ];
  for (const [name, bytes] of closed) {
    it(name, { skip: divergence(name) }, () => isClosedAfter(bytes));
  }
});

/** Kafka 4.3.1 advertises Produce 0 to 2 for old librdkafka, and answers them with an error. */
function divergence(name: string): string | false {
  return target === "kafka" && name.startsWith("a produce version") ? "Kafka answers these versions" : false;
}

describe("versions", () => {
  it("an unknown version of ApiVersions is answered in version 0 with the supported ones (KIP-511)", async () => {
    const connection = await RawConnection.open(broker.host, broker.port);
    const answer = await connection.send({ ...apiVersionsRequest(99), flexible: true });
    assert.equal(answer.readInt16BE(0), UNSUPPORTED_VERSION);
    const count = answer.readInt32BE(2);
    const keys = Array.from({ length: count }, (_, at) => answer.readInt16BE(6 + 6 * at));
    assert.ok(keys.includes(18));
    assert.equal(answer.length, 6 + 6 * count, "body of version 0");
    connection.close();
  });
});

describe("memory", () => {
  const CONNECTIONS = 200;
  const GROWTH_LIMIT_BYTES = 128 * 1024 * 1024;
  const reason =
    target === "kafka"
      ? "Kafka takes the announced bytes at once and would run out of heap"
      : process.platform === "linux"
        ? false
        : "resident memory is read from /proc, which only Linux has";

  it(`${CONNECTIONS} announced but unsent requests of 100 MiB take no memory`, {
    skip: reason,
  }, async () => {
    const before = readProcessCost(broker.pid);
    assert.ok(before !== null, "the broker's resident memory can be read");
    const sockets = await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        const socket = connect({ host: broker.host, port: broker.port });
        socket.on("error", () => undefined);
        await once(socket, "connect");
        socket.write(Buffer.concat([int32(104_857_600), Buffer.alloc(1000)]));
        return socket;
      }),
    );
    await innocent.checkAlive();
    const growth = readProcessCost(broker.pid)!.rssBytes - before.rssBytes;
    for (const socket of sockets) socket.destroy();
    assert.ok(growth < GROWTH_LIMIT_BYTES, `RSS grew by ${growth}`);
  });

  it("a reader that does not read holds up nobody", async () => {
    const socket = connect({ host: broker.host, port: broker.port });
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.pause();
    for (let id = 0; id < 2000; id++) socket.write(frame(apiVersionsRequest(), id));
    await innocent.checkAlive();
    socket.destroy();
  });
});
