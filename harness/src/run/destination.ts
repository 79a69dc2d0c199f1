/** Where the load of a run goes: a topic, or queues. Made for it and removed after it. */
import { setTimeout as sleep } from "node:timers/promises";
import { AmqpAdmin } from "../drivers/amqp/admin.ts";
import { REFUSED } from "../drivers/amqp/publish-session.ts";
import { KafkaAdmin } from "../drivers/kafka/admin.ts";
import type { Load } from "../load/load-of-plan.ts";
import type { Endpoint, PublisherReport } from "../load/protocol.ts";
import type { Protocol } from "../scenario/plan.ts";
import { createTemporaryTopic, type LogAdmin } from "./log-admin.ts";
import { type LogEnd, watchLogEnd } from "./log-end.ts";

export interface Destination extends AsyncDisposable {
  readonly name: string;
  /** Waits until the target has taken all that was sent, or will take no more. */
  taken(question: TakenQuestion): Promise<LogEnd>;
}

export interface TakenQuestion {
  /** Messages sent to each partition. */
  readonly expected: Readonly<Record<number, number>>;
  /** Resolves when no publisher will send or confirm any more. */
  readonly publishersDone: Promise<readonly PublisherReport[]>;
  readonly nowUs: () => number;
}

/** What the orchestrator asks of a broker outside the load, on a connection of its own. */
export interface LoadAdmin extends AsyncDisposable {
  create(name: string, load: Load): Promise<Destination>;
}

const REMOVE_TIMEOUT_MS = 5_000;

export async function connectAdmin(protocol: Protocol, endpoint: Endpoint): Promise<LoadAdmin> {
  return protocol === "kafka"
    ? logAdmin(await KafkaAdmin.connect(endpoint))
    : queueAdmin(await AmqpAdmin.connect(endpoint));
}

function logAdmin(admin: LogAdmin): LoadAdmin {
  return {
    create: async (name, load) => {
      if (load.kind !== "log") throw new Error("invariant violated: queues asked of a log");
      const topic = await createTemporaryTopic(admin, name, load.parameters.partitions);
      return {
        name,
        taken: (question) => watchLogEnd({ ...question, admin, topic }),
        [Symbol.asyncDispose]: () => topic[Symbol.asyncDispose](),
      };
    },
    [Symbol.asyncDispose]: () => admin[Symbol.asyncDispose](),
  };
}

function queueAdmin(admin: AmqpAdmin): LoadAdmin {
  return {
    create: async (name, load) => {
      if (load.kind !== "queues") throw new Error("invariant violated: a log asked of queues");
      await admin.declare(name, load.parameters);
      const remove = () => admin.remove(name, load.parameters).catch(() => undefined);
      return {
        name,
        taken: answeredAll,
        // The broker may be what failed: a target of ours is removed with its data, another keeps the queues.
        [Symbol.asyncDispose]: () =>
          Promise.race([remove(), sleep(REMOVE_TIMEOUT_MS, undefined, { ref: false })]),
      };
    },
    [Symbol.asyncDispose]: () => admin[Symbol.asyncDispose](),
  };
}

/** A queue has no end offset to ask for: what is answered is dealt with, and the last answer is when. */
async function answeredAll({ publishersDone, nowUs }: TakenQuestion): Promise<LogEnd> {
  const reports = await publishersDone;
  const answered = (report: PublisherReport) => report.confirmedMessages + (report.errors[REFUSED] ?? 0);
  const messages = reports.reduce((sum, report) => sum + answered(report), 0);
  const confirms = reports.map(({ lastConfirmUs }) => lastConfirmUs).filter((atUs) => atUs !== null);
  const lastUs = confirms.length > 0 ? Math.max(...confirms) : null;
  return { coveredUs: lastUs, lastAdvanceUs: lastUs ?? nowUs(), messages };
}
