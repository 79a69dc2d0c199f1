/** Messages as they arrive, over both protocols: the records of a Kafka produce, the content of an AMQP publish. */
import { BATCH_HEADER_BYTES, batchHeader } from "../src/mechanisms/record-batch.ts";
import { ContentAssembly } from "../src/protocols/amqp/content-assembly.ts";
import { produceMessage } from "../src/protocols/kafka/messages/00-produce.ts";
import { replaceKafkaHandler } from "./kafka-row.ts";

/** `tell` is called before they are stored, with how many there are. */
export function onPublished(tell: (messages: number) => void): void {
  replaceKafkaHandler(produceMessage, (original) => (request, context) => {
    let messages = 0;
    for (const { partitionData } of request.topicData) {
      for (const { records } of partitionData) if (records !== null) messages += countRecords(records);
    }
    tell(messages);
    return original(request, context);
  });
  const { finish } = ContentAssembly.prototype;
  ContentAssembly.prototype.finish = function (this: ContentAssembly) {
    tell(1);
    return finish.call(this);
  };
}

/** By the headers of the batches, which nobody has checked yet: never more than there are bytes. */
export function countRecords(batches: Buffer): number {
  let count = 0;
  for (let at = 0; at + BATCH_HEADER_BYTES <= batches.length; ) {
    const bytes = batchHeader.sizeBytes(batches, at);
    if (bytes < BATCH_HEADER_BYTES || at + bytes > batches.length) break;
    count += Math.min(Math.max(batchHeader.recordCount(batches, at), 0), bytes);
    at += bytes;
  }
  return count;
}
