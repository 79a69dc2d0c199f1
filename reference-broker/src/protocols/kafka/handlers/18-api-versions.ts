/**
 * ApiVersions: v0-4.
 * Behaviour: the API table. A version above ours is answered in v0 with error 35 and the range of this API (KIP-511).
 * Left out: features (KIP-584). None is implemented, and clients change what they send when they see one.
 */
import { errorCodes } from "../error-codes.ts";
import type { RequestContext } from "../request-context.ts";
import { apiVersionsMessage } from "../messages/18-api-versions.ts";
import type { RequestOf, ResponseOf } from "../schema.ts";

type Request = RequestOf<typeof apiVersionsMessage>;
type Response = ResponseOf<typeof apiVersionsMessage>;

export type ApiRange = Response["apiKeys"][number];

/** First version in which a client says what software it is. */
const SOFTWARE_SINCE = 3;
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/** The handler; `ranges` is a function because the table that lists all APIs also lists this one. */
export function apiVersions(ranges: () => readonly ApiRange[]) {
  return (request: Request, { apiVersion }: RequestContext): Response => {
    if (apiVersion >= SOFTWARE_SINCE && !hasValidSoftware(request)) {
      return { errorCode: errorCodes.INVALID_REQUEST, apiKeys: [], throttleTimeMs: 0 };
    }
    return { errorCode: errorCodes.NONE, apiKeys: ranges(), throttleTimeMs: 0 };
  };
}

export function unsupportedApiVersions(): Response {
  const { apiKey, versions } = apiVersionsMessage;
  const range = { apiKey, minVersion: versions[0], maxVersion: versions[1] };
  return { errorCode: errorCodes.UNSUPPORTED_VERSION, apiKeys: [range], throttleTimeMs: 0 };
}

function hasValidSoftware({ clientSoftwareName, clientSoftwareVersion }: Request): boolean {
  return SOFTWARE.test(clientSoftwareName) && SOFTWARE.test(clientSoftwareVersion);
}
