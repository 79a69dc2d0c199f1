/** A load process that publishes: started by the orchestrator, spoken to as protocol.ts says. */
import { prepareProducers } from "../drivers/index.ts";
import { invariant } from "../errors.ts";
import { nowUs } from "../measure/clock.ts";
import { reportProgress, send, serveOrchestrator } from "./channel.ts";
import { EvidenceRecorder } from "../load/evidence.ts";
import type { BatchShape, PrepareLoad, PublisherReport, StartLoad } from "../load/protocol.ts";
import { Publisher, type PublishParameters } from "./publisher.ts";

/** What plays the producers of this process. */
interface Playing {
  readonly published: number;
  readonly confirmed: number;
  run(start: StartLoad): Promise<Omit<PublisherReport, "process">>;
  stop(): void;
  close(): void;
}

let publisher: Playing | null = null;

serveOrchestrator(async (message) => {
  switch (message.type) {
    case "prepare":
      return await prepare(message);
    case "start":
      return await start(message);
    case "stop":
      return publisher?.stop();
    default:
      invariant(false, `${message.type} is nothing to a publisher`);
  }
});

async function prepare(message: PrepareLoad): Promise<void> {
  publisher?.close();
  const { playing, batch } = await playingOf(message);
  publisher = playing;
  send({ type: "ready", batch });
}

async function playingOf(message: PrepareLoad): Promise<{ playing: Playing; batch: BatchShape }> {
  if (message.driver === "http-exchange" || message.driver === "http-topic") {
    // Loaded for HTTP only: autocannon brings many modules.
    const { HttpPublisher } = await import("./http-publisher.ts");
    const playing = new HttpPublisher(message, { nowUs, onLastSent: send });
    return { playing, batch: playing.batch };
  }
  const { batch, open } = await prepareProducers(message);
  const playing = new Publisher({ parameters: publishParameters(message), nowUs, onLastSent: send });
  await playing.open(message.producers, open);
  return { playing, batch };
}

function publishParameters(message: PrepareLoad): PublishParameters {
  if (message.kind === "queues") {
    const { producers, ratePerSecond, routing, queues, deadlines } = message.parameters;
    const destinations = routing === "direct" ? queues : 1;
    return { producers, destinations, ratePerSecond, lingerMs: 0, confirms: true, deadlines };
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
