/**
 * From a frame to a decoded request, to a response, to a frame. Where frames come from and in which order responses
 * leave is the connection's part.
 */
import { BufferReader, ProtocolError } from "../../base/buffer-reader.ts";
import type { BufferWriter } from "../../base/buffer-writer.ts";
import type { RequestContext } from "./request-context.ts";
import { unsupportedApiVersions } from "./handlers/18-api-versions.ts";
import { apiVersionsMessage } from "./messages/18-api-versions.ts";
import { decodeRequestHeader, encodeResponseHeader, type RequestHeader } from "./request-header.ts";
import type { Message, RequestOf, ResponseOf } from "./schema.ts";

export interface IncomingRequest extends RequestHeader {
  /** Version of the response; 0 in answer to an ApiVersions version that is not served. */
  readonly responseVersion: number;
  readonly request: RequestOf<Message>;
  /** Response that stands without asking the handler. */
  readonly answer: ResponseOf<Message> | null;
}

/**
 * One frame without its length. Throws a ProtocolError for unknown API keys and versions and for malformed bodies,
 * which ends the connection, as in Kafka: the sender is told nothing it could misread.
 */
export function decodeRequest(frame: Buffer): IncomingRequest {
  const reader = new BufferReader(frame);
  const header = decodeRequestHeader(reader);
  const { api, apiVersion, correlationId, clientId } = header;
  const [first, last] = api.message.versions;
  if (apiVersion < first || apiVersion > last) {
    if (api.message.apiKey !== apiVersionsMessage.apiKey) {
      throw new ProtocolError(`${api.message.name} version ${apiVersion} is not served`);
    }
    const answer = unsupportedApiVersions();
    return { api, apiVersion, correlationId, clientId, responseVersion: 0, request: {}, answer };
  }
  const request = api.message.request.decoder(apiVersion)(reader);
  if (reader.remaining > 0) {
    throw new ProtocolError(`${reader.remaining} bytes behind a ${api.message.name} request`);
  }
  return { api, apiVersion, correlationId, clientId, responseVersion: apiVersion, request, answer: null };
}

/** The response, or null when none is to be sent. `context.apiVersion` and `context.clientId` are the request's. */
export function handle(
  incoming: IncomingRequest,
  context: RequestContext,
): ResponseOf<Message> | null | Promise<ResponseOf<Message> | null> {
  return incoming.answer ?? incoming.api.handler(incoming.request, context);
}

/** A whole frame with its length, as chunks for one vectored write. */
export function encodeResponse(
  writer: BufferWriter,
  incoming: IncomingRequest,
  response: ResponseOf<Message>,
): Buffer[] {
  return writer.frame((frame) => {
    encodeResponseHeader(frame, incoming, incoming.responseVersion);
    incoming.api.message.response.encoder(incoming.responseVersion)(frame, response);
  });
}
