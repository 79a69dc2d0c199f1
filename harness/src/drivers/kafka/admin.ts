import { HarnessError } from "../../errors.ts";
import type { Endpoint } from "../../load/protocol.ts";
import {
  APIS,
  apiVersions,
  type ClusterMetadata,
  createTopics,
  deleteTopics,
  describeConfigs,
  initProducerId,
  listOffsets,
  metadata,
  RESOURCE_TYPES,
} from "./apis.ts";
import { address, Connection } from "./connection.ts";
import { errorName, isNotYet } from "./error-codes.ts";

const TIMEOUT_MS = 30_000;
const LATEST = -1;
const POLL_MS = 20;

export interface ApiRange {
  readonly key: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/**
 * What the orchestrator asks of a one-node broker, one request at a time. Every method throws TARGET_UNREACHABLE
 * when the connection fails and DRIVER_PROTOCOL when the broker refuses or answers what the protocol does not allow.
 */
export class KafkaAdmin implements AsyncDisposable {
  readonly #connection: Connection;
  readonly versions: readonly ApiRange[];

  private constructor(connection: Connection, versions: readonly ApiRange[]) {
    this.#connection = connection;
    this.versions = versions;
  }

  /** Also throws DRIVER_PROTOCOL when the broker lacks a request version that load needs. */
  static async connect(endpoint: Endpoint): Promise<KafkaAdmin> {
    const connection = await Connection.open(endpoint);
    try {
      const answer = await connection.request(apiVersions, {});
      expectSuccess("ApiVersions", answer.errorCode);
      expectVersions(endpoint, answer.apis);
      return new KafkaAdmin(connection, answer.apis);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Of all topics, or of those named. Never creates one. */
  async metadata(topics: readonly string[] | null = null): Promise<ClusterMetadata> {
    return await this.#connection.request(metadata, {
      topics,
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    });
  }

  /** Resolves when every partition can be written and read. */
  async createTopic(
    name: string,
    partitions: number,
    configs: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const topic = {
      name,
      partitions,
      replicationFactor: 1,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    };
    const answer = await this.#connection.request(createTopics, {
      topics: [topic],
      timeoutMs: TIMEOUT_MS,
      validateOnly: false,
    });
    for (const result of answer.topics) {
      expectSuccess(`CreateTopics ${result.name}`, result.errorCode, result.errorMessage);
    }
    await this.#untilServed(name, partitions);
  }

  async deleteTopic(name: string): Promise<void> {
    const answer = await this.#connection.request(deleteTopics, { names: [name], timeoutMs: TIMEOUT_MS });
    for (const result of answer.topics) expectSuccess(`DeleteTopics ${result.name}`, result.errorCode);
  }

  /** Log end offset by partition. */
  async logEnds(topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const ends = new Map<number, number>();
    for (const partition of await this.#latestOffsets(topic, partitions)) {
      expectSuccess(`ListOffsets ${topic}-${partition.index}`, partition.errorCode);
      ends.set(partition.index, partition.offset);
    }
    return ends;
  }

  /** Effective configuration of broker `nodeId`; values that the broker keeps secret are left out. */
  async describeBroker(nodeId: number): Promise<Readonly<Record<string, string>>> {
    return await this.#describe(RESOURCE_TYPES.broker, String(nodeId));
  }

  async describeTopic(name: string): Promise<Readonly<Record<string, string>>> {
    return await this.#describe(RESOURCE_TYPES.topic, name);
  }

  /** Asks again while the broker is still getting ready to hand out ids. */
  async initProducerId(): Promise<{ readonly producerId: number; readonly producerEpoch: number }> {
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const answer = await this.#connection.request(initProducerId, {
        transactionalId: null,
        transactionTimeoutMs: TIMEOUT_MS,
      });
      if (!isNotYet(answer.errorCode) || performance.now() > deadline) {
        expectSuccess("InitProducerId", answer.errorCode);
        return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.close();
  }

  async #describe(type: number, name: string): Promise<Readonly<Record<string, string>>> {
    const answer = await this.#connection.request(describeConfigs, {
      resources: [{ type, name, keys: null }],
      includeSynonyms: false,
    });
    const configuration: Record<string, string> = {};
    for (const resource of answer.resources) {
      expectSuccess(`DescribeConfigs ${name}`, resource.errorCode, resource.errorMessage);
      for (const { name: key, value } of resource.configs) if (value !== null) configuration[key] = value;
    }
    return configuration;
  }

  async #latestOffsets(topic: string, partitions: readonly number[]) {
    const answer = await this.#connection.request(listOffsets, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [
        {
          name: topic,
          partitions: partitions.map((index) => ({ index, currentLeaderEpoch: -1, timestamp: LATEST })),
        },
      ],
    });
    return answer.topics[0]?.partitions ?? [];
  }

  /** Metadata names a leader before the leader serves; ListOffsets is answered by the log itself. */
  async #untilServed(topic: string, partitions: number): Promise<void> {
    const indexes = Array.from({ length: partitions }, (_, index) => index);
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const offsets = await this.#latestOffsets(topic, indexes);
      const served = offsets.filter((each) => each.errorCode === 0).length;
      if (served === partitions) return;
      if (performance.now() > deadline) {
        throw new HarnessError(
          "DRIVER_PROTOCOL",
          `topic ${topic}: ${served} of ${partitions} partitions served`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

function expectSuccess(what: string, errorCode: number, detail: string | null = null): void {
  if (errorCode === 0) return;
  const reason = detail === null ? "" : `: ${detail}`;
  throw new HarnessError("DRIVER_PROTOCOL", `${what} failed with ${errorName(errorCode)}${reason}`);
}

function expectVersions(endpoint: Endpoint, offered: readonly ApiRange[]): void {
  for (const { name, key, version } of APIS) {
    const range = offered.find((each) => each.key === key);
    if (range && range.minVersion <= version && version <= range.maxVersion) continue;
    const found = range ? `versions ${range.minVersion} to ${range.maxVersion}` : "not at all";
    throw new HarnessError(
      "DRIVER_PROTOCOL",
      `${address(endpoint)} offers ${name} ${found}; version ${version} is needed`,
    );
  }
}
