/** A load process that reads back: started by the orchestrator, spoken to as protocol.ts says. */
import { invariant } from "../errors.ts";
import { nowUs } from "../measure/clock.ts";
import { reportProgress, send, serveOrchestrator } from "./channel.ts";
import { Consumer } from "./consumer.ts";
import { EvidenceRecorder } from "../load/evidence.ts";
import type { FinishReading, PrepareLoad } from "../load/protocol.ts";

let consumer: Consumer | null = null;
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
    case "finish":
      return await finish(message);
  }
});

async function prepare(message: PrepareLoad): Promise<void> {
  consumer?.close();
  endProgress();
  evidence = null;
  consumer = new Consumer(message, nowUs);
  await consumer.open();
  send({ type: "ready", batch: null });
}

function start(): void {
  if (evidence !== null) return;
  invariant(consumer !== null, "start before prepare");
  const reading = consumer;
  evidence = new EvidenceRecorder();
  endProgress = reportProgress(evidence, () => ({
    published: 0,
    confirmed: 0,
    delivered: reading.delivered,
  }));
  reading.start();
}

async function finish(message: FinishReading): Promise<void> {
  start();
  invariant(consumer !== null && evidence !== null, "finish before prepare");
  const report = await consumer.finish(message);
  endProgress();
  send({ ...report, process: evidence.finish() });
}
