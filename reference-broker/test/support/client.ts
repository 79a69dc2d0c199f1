/** The few things tests ask a broker for, over one raw connection, with an error thrown for any error code. */
import { Connection } from "./connection.ts";
import {
  createTopicsRequest,
  type FetchAnswer,
  fetchRequest,
  initProducerIdRequest,
  listOffsetsRequest,
  metadataRequest,
  type ProduceAnswer,
  produceRequest,
  readCreateTopicsResponse,
  readFetchResponse,
  readInitProducerIdResponse,
  readListOffsetsResponse,
  readMetadataResponse,
  readProduceResponse,
} from "./wire-requests.ts";

const READY_LIMIT_MS = 60_000;
const RETRY_PAUSE_MS = 20;

export const LOG_START = -2;
export const LOG_END = -1;

export async function produce(
  connection: Connection,
  topic: string,
  partition: number,
  records: Buffer,
): Promise<ProduceAnswer> {
  return readProduceResponse(await connection.send(produceRequest(topic, partition, records)));
}

/** Kafka names a leader before it has taken the partition over: as clients do, tries again on NOT_LEADER_OR_FOLLOWER. */
export async function produceWhenLed(
  connection: Connection,
  topic: string,
  partition: number,
  records: Buffer,
): Promise<void> {
  const NOT_LEADER_OR_FOLLOWER = 6;
  let errorCode = NOT_LEADER_OR_FOLLOWER;
  await until(`the leader of ${topic}-${partition}`, async () => {
    ({ errorCode } = await produce(connection, topic, partition, records));
    return errorCode !== NOT_LEADER_OR_FOLLOWER;
  });
  if (errorCode !== 0) throw new Error(`produce to ${topic}-${partition}: error ${errorCode}`);
}

export async function fetch(
  connection: Connection,
  topic: string,
  partition: number,
  offset: number,
): Promise<FetchAnswer> {
  const answer = readFetchResponse(await connection.send(fetchRequest(topic, partition, offset)));
  if (answer.errorCode !== 0)
    throw new Error(`fetch ${topic}-${partition}@${offset}: error ${answer.errorCode}`);
  return answer;
}

/** Every byte from the log start to the log end, fetched piece by piece. */
export async function fetchAll(connection: Connection, topic: string, partition: number): Promise<Buffer> {
  const end = await offsetFor(connection, topic, partition, LOG_END);
  let offset = await offsetFor(connection, topic, partition, LOG_START);
  const pieces: Buffer[] = [];
  while (offset < end) {
    const { records } = await fetch(connection, topic, partition, offset);
    const whole = wholeBatches(records);
    if (whole.bytes.length === 0)
      throw new Error(`nothing to read at ${topic}-${partition}@${offset} below ${end}`);
    pieces.push(Buffer.from(whole.bytes));
    offset = whole.nextOffset;
  }
  return Buffer.concat(pieces);
}

/** Drops a last batch that the size limit cut (legal in Kafka's protocol). */
function wholeBatches(records: Buffer): { bytes: Buffer; nextOffset: number } {
  let at = 0;
  let nextOffset = 0;
  while (at + 61 <= records.length && at + 12 + records.readInt32BE(at + 8) <= records.length) {
    nextOffset = Number(records.readBigInt64BE(at)) + records.readInt32BE(at + 23) + 1;
    at += 12 + records.readInt32BE(at + 8);
  }
  return { bytes: records.subarray(0, at), nextOffset };
}

/** `timestamp` may be LOG_START or LOG_END. */
export async function offsetFor(
  connection: Connection,
  topic: string,
  partition: number,
  timestamp: number,
): Promise<number> {
  const answer = readListOffsetsResponse(
    await connection.send(listOffsetsRequest(topic, partition, timestamp)),
  );
  if (answer.errorCode !== 0)
    throw new Error(`list offsets of ${topic}-${partition}: error ${answer.errorCode}`);
  return answer.offset;
}

/** Creates the topic unless it exists and waits until every partition has a leader. */
export async function createTopic(connection: Connection, topic: string, partitions: number): Promise<void> {
  const TOPIC_ALREADY_EXISTS = 36;
  const [created] = readCreateTopicsResponse(await connection.send(createTopicsRequest(topic, partitions)));
  if (created?.errorCode !== 0 && created?.errorCode !== TOPIC_ALREADY_EXISTS) {
    throw new Error(`create topic ${topic}: error ${created?.errorCode}`);
  }
  await until(`leaders of ${topic}`, async () => {
    const [metadata] = readMetadataResponse(await connection.send(metadataRequest([topic])));
    return (
      metadata?.errorCode === 0 && metadata.leaders.length === partitions && !metadata.leaders.includes(-1)
    );
  });
}

export async function initProducerId(connection: Connection): Promise<{ producerId: number; epoch: number }> {
  let last = { errorCode: 0, producerId: -1, epoch: -1 };
  await until("a producer id", async () => {
    last = readInitProducerIdResponse(await connection.send(initProducerIdRequest()));
    return last.errorCode === 0;
  });
  return last;
}

/** Opens a connection as soon as the broker answers Metadata with a broker in it. */
export async function connectWhenReady(host: string, port: number): Promise<Connection> {
  let connection: Connection | undefined;
  await until(`broker at ${host}:${port}`, async () => {
    try {
      connection = await Connection.open(host, port);
      await connection.send(metadataRequest([]));
      return true;
    } catch {
      connection?.close();
      return false;
    }
  });
  return connection!;
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + READY_LIMIT_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`gave up waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
  }
}
