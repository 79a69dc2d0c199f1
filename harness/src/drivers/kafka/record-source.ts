import { HEAD_BYTES, PAYLOAD_OFFSET, sealMessage } from "../../integrity/message.ts";
import { PAYLOAD_FILLS } from "../../load/payload.ts";
import { seededRandom } from "../../load/random.ts";
import type { LogLoadParameters } from "../../scenario/plan.ts";
import { recordBytes, recordHeadBytes, writeRecordAround } from "./record-batch.ts";

export type MessageParameters = Pick<LogLoadParameters, "payloadBytes" | "payloadKind">;

/**
 * The first records of template `id` as they are before compression, message 0 not yet stamped. Fewer are the
 * beginning of more, so each record is made once however often the count is tried.
 */
export function recordSource(
  parameters: MessageParameters,
  seed: number,
  id: number,
): (records: number) => Buffer {
  const { payloadBytes, payloadKind } = parameters;
  const random = seededRandom(seed + id);
  const fill = PAYLOAD_FILLS[payloadKind];
  const ends: number[] = [];
  let stream = Buffer.alloc(0);
  const append = (index: number): void => {
    const at = ends[index - 1] ?? 0;
    const value = writeRecordAround(stream, at, index, payloadBytes);
    const payloadOffset = index === 0 ? HEAD_BYTES : PAYLOAD_OFFSET;
    fill(stream.subarray(value + payloadOffset, value + payloadBytes), random);
    const view = new DataView(stream.buffer, stream.byteOffset, stream.length);
    sealMessage(view, value, payloadBytes, { template: id, index });
    ends.push(at + recordBytes(index, payloadBytes));
  };
  return (records) => {
    const room = recordBytes(records, payloadBytes) * records;
    if (stream.length < room) stream = Buffer.concat([stream], room);
    for (let index = ends.length; index < records; index++) append(index);
    return stream.subarray(0, ends[records - 1]);
  };
}

/** The values alone, for a driver whose library encodes the records. */
export function messageValues(
  parameters: MessageParameters,
  seed: number,
  id: number,
  records: number,
): Buffer[] {
  const { payloadBytes } = parameters;
  const stream = recordSource(parameters, seed, id)(records);
  const values: Buffer[] = [];
  let at = 0;
  for (let index = 0; index < records; index++) {
    const value = at + recordHeadBytes(index, payloadBytes);
    values.push(stream.subarray(value, value + payloadBytes));
    at += recordBytes(index, payloadBytes);
  }
  return values;
}
