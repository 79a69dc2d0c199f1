/** A-HIST: randomised histories against a model of the queue. The same seed makes the same commands. */
import * as fc from "fast-check";
import { ConformanceFailure, Inconclusive } from "../../../src/conform/failure.ts";
import type { AmqpCase, AmqpContext } from "../context.ts";
import { type Command, history, Reconnect, Restart, Wait, type RealQueue } from "../history/commands.ts";
import { findAnomalies } from "../history/ledger.ts";
import { QueueModel } from "../history/model.ts";
import { concurrentHistory } from "../history/concurrent.ts";

const RABBITMQ_4 = "rabbitmq 4.0.5";

interface HistoryOptions {
  readonly runs: number;
  readonly maxCommands: number;
  readonly commands: fc.Arbitrary<Command>[];
  readonly maxLength?: number;
}

export const HISTORY_CASES: readonly AmqpCase[] = [
  {
    id: "A-HIST-01",
    level: "must",
    requirement:
      "Random publish, get, ack, nack, requeue, recover, purge and reconnect agree with a queue's model.",
    source: "as RabbitMQ's classic_queue_prop_SUITE",
    requires: ["publisher_confirms"],
    kills: ["requeue-at-tail", "multiple-ignored", "unacked-lost-on-close", "nack-multiple-ignored"],
    calibrated: RABBITMQ_4,
    run: (t) => {
      const reconnect = fc.constantFrom("channel" as const, "connection" as const, "kill" as const);
      const leave: fc.Arbitrary<Command> = reconnect.map((how) => new Reconnect(how));
      return agreesWithModel(t, { runs: 40, maxCommands: 60, commands: history([leave], false) });
    },
  },
  {
    id: "A-HIST-02",
    level: "must",
    requirement:
      "Random histories with expiring messages agree with a model that knows from when and by when each is gone.",
    source: "as RabbitMQ's classic_queue_prop_SUITE; RabbitMQ docs ttl",
    requires: ["publisher_confirms"],
    timed: true,
    kills: ["expiration-ignored"],
    calibrated: RABBITMQ_4,
    run: (t) => {
      const wait: fc.Arbitrary<Command> = fc.constantFrom(100, 400, 900).map((ms) => new Wait(ms));
      return agreesWithModel(t, { runs: 8, maxCommands: 30, commands: history([wait, wait], true) });
    },
  },
  {
    id: "A-HIST-03",
    level: "must",
    requirement: "Random histories on a queue with x-max-length agree with a model that drops from the head.",
    source: "as RabbitMQ's classic_queue_prop_SUITE; RabbitMQ docs maxlength",
    requires: ["publisher_confirms"],
    kills: ["max-length-ignored"],
    calibrated: RABBITMQ_4,
    run: (t) => agreesWithModel(t, { runs: 20, maxCommands: 40, commands: history([], false), maxLength: 4 }),
  },
  {
    id: "A-HIST-04",
    level: "must",
    requirement: "Random histories with restarts of the broker agree with a durable queue's model.",
    source: "as RabbitMQ's classic_queue_prop_SUITE",
    requires: ["publisher_confirms", "restart"],
    alone: "it restarts the broker",
    kills: ["restart-loses-messages", "restart-loses-acks"],
    calibrated: RABBITMQ_4,
    run: (t) => {
      const restart = fc.constant<Command>(new Restart());
      return agreesWithModel(t, { runs: 3, maxCommands: 40, commands: history([restart, restart], false) });
    },
  },
  {
    id: "A-HIST-05",
    level: "must",
    requirement:
      "Many publishers and consumers that ack, requeue, close and die lose nothing, get nothing twice at a time, and see true redelivered flags.",
    source: "Jepsen total-queue; AMQP 0-9-1 basic.ack",
    requires: ["publisher_confirms"],
    kills: ["unacked-lost-on-close", "ack-forgotten", "delivered-to-two"],
    calibrated: RABBITMQ_4,
    run: async (t) => {
      const events = await concurrentHistory(t, { publishers: 3, consumers: 4, messages: 600 });
      const deliveries = events.filter(({ kind }) => kind === "delivered").length;
      if (deliveries < 600) throw new Inconclusive(`only ${deliveries} deliveries were seen`);
      t.equal(findAnomalies(events), [], "anomalies");
    },
  },
];

/** Shrinking is left out: a history on a live broker rarely fails twice alike; the commands that ran are told. */
async function agreesWithModel(t: AmqpContext, options: HistoryOptions): Promise<void> {
  const { runs, maxCommands, commands, maxLength } = options;
  let failure: unknown = null;
  const property = fc.asyncProperty(fc.commands(commands, { maxCommands, size: "max" }), async (sequence) => {
    const channel = await t.confirmingChannel(await t.connect());
    const args = maxLength === undefined ? {} : { "x-max-length": maxLength };
    const queue = await t.queue(channel, { arguments: args });
    const real: RealQueue = { t, queue, channel };
    try {
      await fc.asyncModelRun(() => ({ model: new QueueModel(maxLength), real }), sequence);
    } catch (error) {
      failure ??= withHistory(error, String(sequence));
      throw error;
    }
    if (real.channel.connection.ending === null) await real.channel.connection.close();
  });
  const details = await fc.check(property, { numRuns: runs, seed: t.seed | 0, endOnFailure: true });
  if (failure !== null) throw failure;
  if (details.failed) throw new Error(`the property failed without a failure: ${details.numRuns} runs`);
}

function withHistory(error: unknown, commands: string): unknown {
  if (!(error instanceof ConformanceFailure)) return error;
  return new ConformanceFailure(error.expected, `${error.actual}; after: ${commands}`, {
    timedOut: error.timedOut,
  });
}
