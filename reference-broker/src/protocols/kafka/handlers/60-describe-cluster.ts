/**
 * DescribeCluster: v0-2.
 * Behaviour: one broker, which is also the controller. Only broker endpoints exist, so asking for controllers is
 * answered with MISMATCHED_ENDPOINT_TYPE (KIP-919).
 */
import { clusterOperations, operationsIf } from "../authorized-operations.ts";
import { errorCodes } from "../error-codes.ts";
import type { RequestContext } from "../request-context.ts";
import type { describeClusterMessage } from "../messages/60-describe-cluster.ts";
import type { RequestOf, ResponseOf } from "../schema.ts";

type Request = RequestOf<typeof describeClusterMessage>;
type Response = ResponseOf<typeof describeClusterMessage>;

const EndpointType = { broker: 1, controller: 2 } as const;

export function describeCluster(request: Request, { engine, node }: RequestContext): Response {
  if (request.endpointType !== EndpointType.broker) return wrongEndpoint(request.endpointType);
  const { id, host, port, rack } = node;
  return {
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    clusterId: engine.clusterId,
    controllerId: id,
    brokers: [{ brokerId: id, host, port, rack: rack ?? null, isFenced: false }],
    clusterAuthorizedOperations: operationsIf(request.includeClusterAuthorizedOperations, clusterOperations),
  };
}

function wrongEndpoint(endpointType: number): Response {
  const known = endpointType === EndpointType.controller;
  return {
    throttleTimeMs: 0,
    errorCode: known ? errorCodes.MISMATCHED_ENDPOINT_TYPE : errorCodes.UNSUPPORTED_ENDPOINT_TYPE,
    errorMessage: known
      ? "This is an endpoint of brokers, not of controllers."
      : `Endpoint type ${endpointType} is not known.`,
    clusterId: "",
    brokers: [],
  };
}
