/** A load process that reads: started by the orchestrator, spoken to as protocol.ts says. */
import { invariant } from "../errors.ts";
import { EvidenceRecorder } from "../load/evidence.ts";
import type { FinishReading, PrepareLoad } from "../load/protocol.ts";
import { hasTimes } from "../load/queue-load.ts";
import { nowUs } from "../measure/clock.ts";
import { attach } from "./attach.ts";
import { BacklogWatch } from "./backlog-watch.ts";
import { reportProgress, send, serveOrchestrator } from "./channel.ts";
import { Consumer } from "./consumer.ts";
import { DeliveryRecorder } from "./delivery-recorder.ts";
import { QueueReader } from "./queue-reader.ts";
import type { Reader } from "./reader.ts";
import { sumOutcomes } from "./sum-outcomes.ts";

let readers: readonly Reader[] = [];
let recorder: DeliveryRecorder | null = null;
let evidence: EvidenceRecorder | null = null;
let endProgress = (): void => {};

serveOrchestrator(async (message) => {
  switch (message.type) {
    case "prepare":
      return await prepare(message);
    case "start":
      return start();
    case "stop":
      return;
    case "mark":
      return recorder?.mark(nowUs());
    case "finish":
      return await finish(message);
    default:
      invariant(false, `${message.type} is nothing to a consumer`);
  }
});

async function prepare(message: PrepareLoad): Promise<void> {
  for (const reader of readers) reader.close();
  endProgress();
  evidence = null;
  const attached = message.attach ? await attach(message, message.attach, nowUs) : null;
  const watch =
    message.live && new BacklogWatch((atUs) => send({ type: "caughtUp", atUs: Math.round(atUs) }));
  recorder = new DeliveryRecorder(carriesTimes(message), watch ?? null);
  readers = readersOf(message, recorder);
  for (const reader of readers) await reader.open();
  if (attached === null) return send({ type: "ready", batch: null });
  start();
  send({ type: "ready", batch: null, attached });
}

function carriesTimes(message: PrepareLoad): boolean {
  return message.kind === "queues" ? hasTimes(message.parameters) : message.parameters.ratePerSecond !== null;
}

function readersOf(message: PrepareLoad, deliveries: DeliveryRecorder): readonly Reader[] {
  if (message.kind === "queues") {
    return message.queues.map((queue) => new QueueReader(message, queue, nowUs, deliveries));
  }
  return Array.from({ length: message.readers }, () => new Consumer(message, nowUs, deliveries));
}

function start(): void {
  if (evidence !== null) return;
  invariant(recorder !== null, "start before prepare");
  evidence = new EvidenceRecorder();
  endProgress = reportProgress(evidence, () => ({
    published: 0,
    confirmed: 0,
    delivered: readers.reduce((sum, reader) => sum + reader.delivered, 0),
  }));
  for (const reader of readers) reader.start();
}

async function finish(message: FinishReading): Promise<void> {
  start();
  invariant(recorder !== null && evidence !== null, "finish before prepare");
  const outcomes = await Promise.all(readers.map((reader) => reader.finish(message)));
  endProgress();
  const report = { ...sumOutcomes(outcomes), ...recorder.report(nowUs()) };
  send({ type: "consumed", ...report, process: evidence.finish() });
}
