/** Phases of a run, for every workload, and what cannot be asked of any of them. */
import { z } from "zod";
import { quantity } from "./units.ts";

/** Durations are milliseconds. */
export const phaseFields = z.strictObject({
  warmup: z
    .strictObject({
      minMs: quantity("duration", { min: 0, max: 600_000 }).describe("At least this long."),
      maxMs: quantity("duration", { min: 0, max: 600_000 }).describe(
        "At most this long, but a JVM gets at least 30 s; 0: no warm-up.",
      ),
      windowMs: quantity("duration", { min: 100, max: 60_000 }).describe("Length of one window."),
    })
    .describe("Ends when three windows in succession agree within 5 %."),
  measure: z.strictObject({
    durationMs: quantity("duration", { min: 100, max: 3_600_000 }).describe(
      "Measured for at most this long.",
    ),
    maxBytes: quantity("size", { min: 1, max: 1024 ** 4 }).describe(
      "Encoded bytes written at most, for disks.",
    ),
  }),
  verify: z.strictObject({
    timeoutMs: quantity("duration", { min: 100, max: 3_600_000 }).describe(
      "Reading everything back may take this long after the last send.",
    ),
  }),
});

export interface Impossibility {
  /** The fields that do not go together, from the scenario's root. */
  readonly fields: readonly (readonly string[])[];
  readonly reason: string;
}

/** Notes the reason where the condition holds; `fields` are separated by blanks. */
export type Refuse = (condition: boolean, fields: string, reason: string) => void;

/** The reasons that `judge` gives, in its order. */
export function impossibilities(judge: (refuse: Refuse) => void): Impossibility[] {
  const found: Impossibility[] = [];
  judge((condition, fields, reason) => {
    if (condition) found.push({ fields: fields.split(" ").map((field) => field.split(".")), reason });
  });
  return found;
}

interface Paced {
  readonly mode: "open" | "closed";
  readonly parameters: { readonly ratePerSecond: number | null };
  readonly phases: z.output<typeof phaseFields>;
}

/** What no workload can do. `brake`: what a closed loop is held back by, as a parameter's name. */
export function refuseImpossiblePacing(
  { mode, parameters, phases }: Paced,
  brake: string,
  refuse: Refuse,
): void {
  const { warmup } = phases;
  const rate = parameters.ratePerSecond;
  refuse(
    mode === "open" && rate === null,
    "mode parameters.ratePerSecond",
    "an open loop needs ratePerSecond",
  );
  refuse(
    mode === "closed" && rate !== null,
    "parameters.ratePerSecond mode",
    `a closed loop sends as fast as ${brake} allows and has no rate; say mode: open`,
  );
  refuse(
    warmup.minMs > warmup.maxMs,
    "phases.warmup.minMs phases.warmup.maxMs",
    `minMs ${warmup.minMs} is longer than maxMs ${warmup.maxMs}`,
  );
  refuse(
    warmup.maxMs > 0 && warmup.maxMs < 3 * warmup.windowMs,
    "phases.warmup.maxMs phases.warmup.windowMs",
    `three windows of ${warmup.windowMs} ms do not fit into ${warmup.maxMs} ms, so they could never agree`,
  );
}
