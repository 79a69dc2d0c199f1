/**
 * DescribeConfigs: v1-4.
 * Behaviour: topics and this broker. An override shows as source TOPIC, all else as a default.
 * Left out: loggers, groups and client metrics as resources; they are answered with INVALID_REQUEST.
 */
import { brokerConfigEntries, type ConfigEntry, topicConfigEntries } from "../config-entries.ts";
import { errorCodes, type Refusal, refuse } from "../error-codes.ts";
import type { RequestContext } from "../request-context.ts";
import type { describeConfigsMessage } from "../messages/32-describe-configs.ts";
import type { RequestOf, ResponseOf } from "../schema.ts";
import { topicNameProblem } from "../topic-names.ts";

type Request = RequestOf<typeof describeConfigsMessage>;
type Response = ResponseOf<typeof describeConfigsMessage>;
type Resource = Request["resources"][number];

const ResourceType = { topic: 2, broker: 4 } as const;

export function describeConfigs(request: Request, context: RequestContext): Response {
  const results = request.resources.map((resource) => {
    const found = entriesOf(resource, context);
    const { resourceType, resourceName } = resource;
    if ("errorCode" in found) return { ...found, resourceType, resourceName, configs: [] };
    const configs = selected(found, resource).map((entry) => trimmed(entry, request));
    return { errorCode: errorCodes.NONE, errorMessage: null, resourceType, resourceName, configs };
  });
  return { throttleTimeMs: 0, results };
}

function entriesOf(resource: Resource, context: RequestContext): ConfigEntry[] | Refusal {
  switch (resource.resourceType) {
    case ResourceType.topic:
      return topicEntries(resource.resourceName, context);
    case ResourceType.broker:
      return brokerEntries(resource.resourceName, context);
    default:
      return refuse(
        errorCodes.INVALID_REQUEST,
        `Resource type ${resource.resourceType} has no settings here.`,
      );
  }
}

function topicEntries(name: string, { engine, topicDefaults }: RequestContext): ConfigEntry[] | Refusal {
  const problem = topicNameProblem(name);
  if (problem !== null) return refuse(errorCodes.INVALID_TOPIC_EXCEPTION, problem);
  const topic = engine.topics.get(name);
  if (topic !== undefined) return topicConfigEntries(topic.overrides, topicDefaults);
  return refuse(errorCodes.UNKNOWN_TOPIC_OR_PARTITION, "This server does not host this topic.");
}

/** The empty name asks for what was changed at run time for all brokers, which here is nothing. */
function brokerEntries(name: string, context: RequestContext): ConfigEntry[] | Refusal {
  if (name === "") return [];
  if (name === String(context.node.id)) return brokerConfigEntries(context);
  const problem = `Broker id ${context.node.id} or the empty name is expected, not ${name}.`;
  return refuse(errorCodes.INVALID_REQUEST, problem);
}

function selected(entries: ConfigEntry[], { configurationKeys }: Resource): ConfigEntry[] {
  if (configurationKeys === null || configurationKeys.length === 0) return entries;
  const wanted = new Set(configurationKeys);
  return entries.filter(({ name }) => wanted.has(name));
}

function trimmed(entry: ConfigEntry, { includeSynonyms, includeDocumentation }: Request) {
  return {
    ...entry,
    synonyms: includeSynonyms ? entry.synonyms : [],
    documentation: includeDocumentation ? entry.documentation : null,
  };
}
