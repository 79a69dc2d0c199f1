/** Workload `http-ingest`: messages posted over HTTP, one a request, and counted over the broker's own protocol. */
import { z } from "zod";
import { messageFields } from "./messaging.ts";
import { type Impossibility, impossibilities, type phaseFields } from "./phases.ts";
import { quantity } from "./units.ts";

const whole = (min: number, max: number) => z.int().min(min).max(max);

const { payloadBytes, payloadKind, persistent, ratePerSecond } = messageFields;

export const httpIngestParameters = z.strictObject({
  connections: whole(1, 1024).describe("HTTP connections, each with one request at a time."),
  payloadBytes,
  payloadKind,
  persistent,
  scrapeEveryMs: quantity("duration", { min: 100, max: 60_000 }).describe(
    "GET /metrics this often while messages are posted.",
  ),
  ratePerSecond,
});

interface Resolved {
  readonly driver: string;
  readonly mode: "open" | "closed";
  readonly parameters: z.output<typeof httpIngestParameters>;
  readonly phases: z.output<typeof phaseFields>;
}

export function httpIngestImpossibilities({ driver, mode, parameters, phases }: Resolved): Impossibility[] {
  const { warmup } = phases;
  return impossibilities((refuse) => {
    refuse(
      mode === "open" || parameters.ratePerSecond !== null,
      "mode parameters.ratePerSecond",
      "autocannon keeps a rate by a burst at the start of each second, which is no open loop: say mode: closed",
    );
    refuse(
      driver === "http-topic" && !parameters.persistent,
      "parameters.persistent driver",
      "a log has no transient messages",
    );
    refuse(
      warmup.minMs > warmup.maxMs,
      "phases.warmup.minMs phases.warmup.maxMs",
      `minMs ${warmup.minMs} is longer than maxMs ${warmup.maxMs}`,
    );
  });
}
