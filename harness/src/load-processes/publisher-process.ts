/** A load process that publishes: started by the orchestrator, spoken to as protocol.ts says. */
import { prepareProducers } from "../drivers/index.ts";
import { invariant } from "../errors.ts";
import { nowUs } from "../measure/clock.ts";
import { reportProgress, send, serveOrchestrator } from "./channel.ts";
import { EvidenceRecorder } from "../load/evidence.ts";
import type { PrepareLoad, StartLoad } from "../load/protocol.ts";
import { Publisher, type PublishParameters } from "./publisher.ts";

let publisher: Publisher | null = null;

serveOrchestrator(async (message) => {
  switch (message.type) {
    case "prepare":
      return await prepare(message);
    case "start":
      return await start(message);
    case "stop":
      return publisher?.stop();
    case "finish":
      invariant(false, "a publisher has nothing to read");
  }
});

async function prepare(message: PrepareLoad): Promise<void> {
  publisher?.close();
  const { batch, open } = await prepareProducers(message);
  publisher = new Publisher({ parameters: publishParameters(message), nowUs, onLastSent: send });
  await publisher.open(message.producers, open);
  send({ type: "ready", batch });
}

function publishParameters(message: PrepareLoad): PublishParameters {
  if (message.kind === "queues") {
    const { producers, ratePerSecond, routing, queues } = message.parameters;
    const destinations = routing === "direct" ? queues : 1;
    return { producers, destinations, ratePerSecond, lingerMs: 0, confirms: true };
  }
  const { producers, partitions, ratePerSecond, lingerMs, acks } = message.parameters;
  return { producers, destinations: partitions, ratePerSecond, lingerMs, confirms: acks !== 0 };
}

async function start(message: StartLoad): Promise<void> {
  invariant(publisher !== null, "start before prepare");
  const running = publisher;
  const evidence = new EvidenceRecorder();
  const endProgress = reportProgress(evidence, () => ({
    published: running.published,
    confirmed: running.confirmed,
    delivered: 0,
  }));
  const report = await running.run(message);
  endProgress();
  send({ ...report, process: evidence.finish() });
}
