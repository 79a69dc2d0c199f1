/** kafkajs as a producer and an admin client; its consumers need groups. Codecs as its documentation plugs them in. */
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import kafkajs, { type Kafka as KafkaClient, type Message as KafkaMessage } from "kafkajs";
import lz4 from "lz4-napi";
import snappy from "snappy";
import type { Codec, Message } from "./message.ts";

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

interface Encoder {
  readonly buffer: Buffer;
}
const plug = (compress: (bytes: Buffer) => Buffer, decompress: (bytes: Buffer) => Buffer) => () => ({
  compress: async (encoder: Encoder) => compress(encoder.buffer),
  decompress: async (bytes: Buffer) => decompress(bytes),
});
CompressionCodecs[CompressionTypes.Snappy] = plug(
  (bytes) => snappy.compressSync(bytes),
  (bytes) => snappy.uncompressSync(bytes) as Buffer,
);
CompressionCodecs[CompressionTypes.LZ4] = plug(
  (bytes) => lz4.compressFrameSync(bytes),
  (bytes) => lz4.decompressFrameSync(bytes),
);
CompressionCodecs[CompressionTypes.ZSTD] = plug(
  (bytes) => zstdCompressSync(bytes),
  (bytes) => zstdDecompressSync(bytes),
);

const COMPRESSION: Readonly<Record<Codec, number>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

export function kafkajsClient(bootstrap: string, retries = 5): KafkaClient {
  return new Kafka({
    clientId: "brokermark-kafkajs",
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries, initialRetryTime: 20, maxRetryTime: 300 },
  });
}

/** One batch; kafkajs has no way to write a null header value, and sends an absent one as none at all. */
export async function kafkajsProduce(
  bootstrap: string,
  topic: string,
  partition: number,
  messages: readonly Message[],
  { codec = "none" as Codec, idempotent = false } = {},
): Promise<void> {
  const producer = kafkajsClient(bootstrap).producer({ idempotent, maxInFlightRequests: 1 });
  await producer.connect();
  try {
    await producer.send({
      topic,
      acks: -1,
      compression: COMPRESSION[codec],
      messages: messages.map((message) => kafkaMessage(message, partition)),
    });
  } finally {
    await producer.disconnect();
  }
}

function kafkaMessage(message: Message, partition: number): KafkaMessage {
  const headers: Record<string, Buffer[]> = {};
  for (const [name, value] of message.headers) {
    if (value === null) throw new Error("kafkajs cannot write a null header value");
    (headers[name] ??= []).push(value);
  }
  const timestamp = message.timestampMs === null ? {} : { timestamp: String(message.timestampMs) };
  return { key: message.key, value: message.value, headers, partition, ...timestamp };
}
