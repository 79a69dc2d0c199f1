/**
 * FindCoordinator: v0-6.
 * Behaviour: this node coordinates everything. Keys come singly up to v3 and as a list from v4 on (KIP-699).
 */
import { errorCodes } from "../error-codes.ts";
import type { Node, RequestContext } from "../request-context.ts";
import type { findCoordinatorMessage } from "../messages/10-find-coordinator.ts";
import type { RequestOf, ResponseOf } from "../schema.ts";

type Request = RequestOf<typeof findCoordinatorMessage>;
type Response = ResponseOf<typeof findCoordinatorMessage>;

/** First version that knows each key type: group, transaction, share group. */
const keyTypeSince: Readonly<Record<number, number>> = { 0: 0, 1: 1, 2: 6 };
const BATCHED_SINCE = 4;

export function findCoordinator(request: Request, { node, apiVersion }: RequestContext): Response {
  const since = keyTypeSince[request.keyType];
  const found =
    since !== undefined && apiVersion >= since ? coordinator(node) : unknownKeyType(request.keyType);
  const batched = apiVersion >= BATCHED_SINCE;
  return {
    throttleTimeMs: 0,
    ...found,
    coordinators: batched ? request.coordinatorKeys.map((key) => ({ key, ...found })) : [],
  };
}

function coordinator({ id, host, port }: Node) {
  return { errorCode: errorCodes.NONE, errorMessage: null, nodeId: id, host, port };
}

function unknownKeyType(keyType: number) {
  const errorMessage = `Coordinator key type ${keyType} is not known in this version`;
  return { errorCode: errorCodes.INVALID_REQUEST, errorMessage, nodeId: -1, host: "", port: -1 };
}
