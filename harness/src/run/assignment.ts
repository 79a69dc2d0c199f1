/** Which load process plays which producers, and reads what. Pure. */
import { HarnessError } from "../errors.ts";
import type { Load } from "../load/load-of-plan.ts";
import type { Endpoint, PrepareLoad } from "../load/protocol.ts";
import type { DriverName } from "../scenario/plan.ts";

export interface Assignment {
  readonly consumersFirst: boolean;
  publisher(index: number, count: number): PrepareLoad;
  consumer(index: number, count: number, recordsPerBatch: number): PrepareLoad;
}

interface Base {
  readonly type: "prepare";
  readonly endpoint: Endpoint;
  readonly topic: string;
  readonly seed: number;
  readonly runId: number;
}

/** How many consumer processes can share the reading: each has a part of it to itself. */
export function readables(load: Load): number {
  if (load.kind === "queues") return load.parameters.queues;
  return load.readers > 1 ? load.readers : load.parameters.partitions;
}

/** Throws USAGE for driver null. */
export function assignmentOf(load: Load, driver: DriverName, base: Base): Assignment {
  const producers = range(load.parameters.producers);
  if (load.kind === "queues") {
    if (driver !== "amqp" && driver !== "amqplib" && driver !== "http-exchange")
      throw new Error(`invariant violated: queues over ${driver}`);
    const { parameters, readsAlong } = load;
    const prepare = { ...base, kind: "queues", parameters, readsAlong } as const;
    return {
      consumersFirst: true,
      publisher: (index, count) => ({
        ...prepare,
        driver,
        producers: share(producers, index, count),
        queues: [],
      }),
      // Our own driver reads whatever wrote.
      consumer: (index, count) => ({
        ...prepare,
        driver: "amqp",
        producers,
        queues: share(range(parameters.queues), index, count),
      }),
    };
  }
  if (driver !== "kafka" && driver !== "kafkajs" && driver !== "http-topic") throw nothingPublished();
  const { parameters, readers } = load;
  const partitions = range(parameters.partitions);
  const prepare = { ...base, kind: "log", parameters } as const;
  return {
    consumersFirst: false,
    publisher: (index, count) => ({
      ...prepare,
      driver,
      producers: share(producers, index, count),
      partitions: [],
      recordsPerBatch: 0,
      readers: 0,
    }),
    // Consumers of kafkajs need groups; our own driver reads whatever wrote.
    consumer: (index, count, recordsPerBatch) => ({
      ...prepare,
      driver: "kafka",
      producers,
      partitions: readers > 1 ? partitions : share(partitions, index, count),
      recordsPerBatch,
      readers: readers > 1 ? share(range(readers), index, count).length : 1,
    }),
  };
}

function nothingPublished(): HarnessError {
  return new HarnessError("USAGE", "driver null publishes nothing that could be run against a target", {
    hint: "--target null measures the load processes alone",
  });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Every `count`-th item from `index` on. */
function share(items: readonly number[], index: number, count: number): number[] {
  return items.filter((_, position) => position % count === index);
}
