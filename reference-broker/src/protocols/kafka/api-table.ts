/**
 * The only list of APIs: what is dispatched, what ApiVersions advertises and what the README shows. An API that has
 * no row here does not exist; one that has a row has a table and a handler, so advertised never exceeds implemented.
 */
import { produce } from "./handlers/00-produce.ts";
import { fetch } from "./handlers/01-fetch.ts";
import { listOffsets } from "./handlers/02-list-offsets.ts";
import { metadata } from "./handlers/03-metadata.ts";
import { findCoordinator } from "./handlers/10-find-coordinator.ts";
import { type ApiRange, apiVersions } from "./handlers/18-api-versions.ts";
import { createTopics } from "./handlers/19-create-topics.ts";
import { deleteTopics } from "./handlers/20-delete-topics.ts";
import { initProducerId } from "./handlers/22-init-producer-id.ts";
import { describeConfigs } from "./handlers/32-describe-configs.ts";
import { describeCluster } from "./handlers/60-describe-cluster.ts";
import { produceMessage } from "./messages/00-produce.ts";
import { fetchMessage } from "./messages/01-fetch.ts";
import { listOffsetsMessage } from "./messages/02-list-offsets.ts";
import { metadataMessage } from "./messages/03-metadata.ts";
import { findCoordinatorMessage } from "./messages/10-find-coordinator.ts";
import { apiVersionsMessage } from "./messages/18-api-versions.ts";
import { createTopicsMessage } from "./messages/19-create-topics.ts";
import { deleteTopicsMessage } from "./messages/20-delete-topics.ts";
import { initProducerIdMessage } from "./messages/22-init-producer-id.ts";
import { describeConfigsMessage } from "./messages/32-describe-configs.ts";
import { describeClusterMessage } from "./messages/60-describe-cluster.ts";
import type { Handler } from "./request-context.ts";
import type { Message } from "./schema.ts";
import type { Fields } from "./types.ts";

export interface Api {
  readonly message: Message;
  readonly handler: Handler<Message>;
  /** First version in the ApiVersions answer; below the first one served only where a client needs that. */
  readonly advertisedFrom: number;
}

export const apis: readonly Api[] = [
  // Versions 0-2 are advertised and refused, as Kafka does: librdkafka compresses only where it sees them (KAFKA-18659).
  row(produceMessage, produce, 0),
  row(fetchMessage, fetch),
  row(listOffsetsMessage, listOffsets),
  row(metadataMessage, metadata),
  row(findCoordinatorMessage, findCoordinator),
  row(
    apiVersionsMessage,
    apiVersions(() => advertised),
  ),
  row(createTopicsMessage, createTopics),
  row(deleteTopicsMessage, deleteTopics),
  row(initProducerIdMessage, initProducerId),
  row(describeConfigsMessage, describeConfigs),
  row(describeClusterMessage, describeCluster),
];

export const advertised: readonly ApiRange[] = apis.map(({ message, advertisedFrom }) => ({
  apiKey: message.apiKey,
  minVersion: advertisedFrom,
  maxVersion: message.versions[1],
}));

const byKey: (Api | undefined)[] = [];
for (const api of apis) byKey[api.message.apiKey] = api;

export function apiByKey(apiKey: number): Api | undefined {
  return apiKey < 0 ? undefined : byKey[apiKey];
}

function row<Req extends Fields, Res extends Fields>(
  message: Message<Req, Res>,
  handler: Handler<Message<Req, Res>>,
  advertisedFrom = message.versions[0],
): Api {
  // A request reaches its handler only as decoded by the same row's table, which is what the narrower types say.
  return {
    message: message as unknown as Message,
    handler: handler as unknown as Handler<Message>,
    advertisedFrom,
  };
}
