/** Headers of requests and responses, by hand because which version they have hangs on the API they announce. */
import { type BufferReader, ProtocolError } from "../../base/buffer-reader.ts";
import type { BufferWriter } from "../../base/buffer-writer.ts";
import { type Api, apiByKey } from "./api-table.ts";
import { apiVersionsMessage } from "./messages/18-api-versions.ts";

export interface RequestHeader {
  readonly api: Api;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

/**
 * Header v2 from the first flexible version of the API on, else v1. The client id is a classic string in both.
 * An API that is not in the table throws a ProtocolError, since nothing is known about how to answer it.
 */
export function decodeRequestHeader(reader: BufferReader): RequestHeader {
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  const api = apiByKey(apiKey);
  if (api === undefined) throw new ProtocolError(`unknown API key ${apiKey}`);
  const clientId = reader.nullableString();
  if (apiVersion >= api.message.flexible) reader.skipTaggedFields();
  return { api, apiVersion, correlationId, clientId };
}

/**
 * Header v1 (with tagged fields) in flexible versions, else v0. ApiVersions always has v0, because its client does not
 * know yet what the broker speaks (KIP-511).
 */
export function encodeResponseHeader(writer: BufferWriter, header: RequestHeader, version: number): void {
  const { message } = header.api;
  writer.int32(header.correlationId);
  if (version >= message.flexible && message.apiKey !== apiVersionsMessage.apiKey) writer.uvarint(0);
}
