/** Requests in and responses out, for the small servers whose truth is known (synthetic, null). */
import { decodeFields, decodeRequestHeader, encodeFields, responseHeaderLength } from "./codec.ts";
import { type ApiName, apiOfKey, MESSAGES } from "./messages.ts";
import type { Field, Message, PartialStruct, Struct } from "./notation.ts";

export type RequestOf<A extends ApiName> = Struct<(typeof MESSAGES)[A]["request"]>;
export type ResponseOf<A extends ApiName> = PartialStruct<(typeof MESSAGES)[A]["response"]>;

/** What a server implements, and thereby advertises. */
export type Handlers = { readonly [A in ApiName]?: (request: RequestOf<A>) => ResponseOf<A> };

export interface ReceivedRequest {
  readonly api: ApiName;
  readonly version: number;
  readonly correlationId: number;
  readonly request: unknown;
}

/** Of a frame without its length. Throws RangeError for an unknown api or version and for malformed bytes. */
export function decodeRequest(frame: Buffer): ReceivedRequest {
  const header = decodeRequestHeader(frame, (key) => {
    const known = apiOfKey(key);
    return known === undefined ? Number.POSITIVE_INFINITY : MESSAGES[known].flexible;
  });
  const api = apiOfKey(header.apiKey);
  if (api === undefined) throw new RangeError(`unknown api key ${header.apiKey}`);
  const message: Message = MESSAGES[api];
  const { version, correlationId } = header;
  // ApiVersions in a version we do not speak is answered in version 0, so its body does not matter (KIP-511).
  if (api === "apiVersions" && version > message.max) return { api, version, correlationId, request: {} };
  if (version < message.min || version > message.max)
    throw new RangeError(`${api} version ${version} is not spoken`);
  const flexible = version >= message.flexible;
  const request = decodeFields(message.request, version, flexible, frame, header.bodyAt);
  return { api, version, correlationId, request };
}

/** The whole frame of a response, length included. */
export function encodeResponse<A extends ApiName>(
  api: A,
  version: number,
  correlationId: number,
  values: ResponseOf<A>,
): Buffer {
  const message: Message = MESSAGES[api];
  const header = Buffer.alloc(4 + responseHeaderLength(message, version));
  const body = encodeFields(
    message.response,
    version,
    version >= message.flexible,
    values as PartialStruct<readonly Field[]>,
  );
  header.writeInt32BE(header.length - 4 + body.length, 0);
  header.writeInt32BE(correlationId, 4);
  return Buffer.concat([header, body]);
}
