/** What a running broker tells of itself over the Kafka protocol. */
import type { Endpoint } from "../load/protocol.ts";
import { ControlConnection } from "./wire/connection.ts";

export interface BrokerFacts {
  /** Name and level of each finalized feature, e.g. `metadata.version` 29; empty when the broker has none. */
  readonly features: Readonly<Record<string, number>>;
  /** Effective configuration of the broker that answers, without secrets; null when it will not tell. */
  readonly configuration: Readonly<Record<string, string>> | null;
}

const BROKER_RESOURCE = 4;

/** Throws TARGET_UNREACHABLE. */
export async function readBrokerFacts(endpoint: Endpoint, signal: AbortSignal): Promise<BrokerFacts> {
  using connection = await ControlConnection.open(endpoint, signal);
  return {
    features: await readFeatures(connection),
    configuration: connection.supports("describeConfigs") ? await readConfiguration(connection) : null,
  };
}

async function readFeatures(connection: ControlConnection): Promise<Record<string, number>> {
  // Up to version 2 there are no features; a broker that does not speak 3 answers in version 0 with an error code.
  const answer = await connection.request("apiVersions", {
    clientSoftwareName: "brokermark",
    clientSoftwareVersion: "0",
  });
  return Object.fromEntries(
    answer.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]),
  );
}

async function readConfiguration(connection: ControlConnection): Promise<Record<string, string> | null> {
  const metadata = await connection.request("metadata", { topics: [] });
  const { host, port } = connection.endpoint;
  const own =
    metadata.brokers.find((broker) => broker.port === port && broker.host === host) ?? metadata.brokers[0];
  if (own === undefined) return null;
  const described = await connection.request("describeConfigs", {
    resources: [{ resourceType: BROKER_RESOURCE, resourceName: String(own.nodeId), configurationKeys: null }],
  });
  const result = described.results[0];
  if (result === undefined || result.errorCode !== 0) return null;
  const told = result.configs.filter((entry) => entry.value !== null && !entry.isSensitive);
  return Object.fromEntries(told.map((entry) => [entry.name, entry.value ?? ""]));
}
