/**
 * The scenario format: these fields are the one source of types, validation and `scenarios/schema.json`.
 * A scenario is a base; a profile is an overlay over it, `quick` an overlay over any profile, and `--set` one
 * over all. Every value may be written with its unit; a bare number is in the unit its field's name ends with.
 */
import { z } from "zod";
import { logLoadParameters, logLoadPhases } from "./log-load.ts";

const violations = z.int().min(0);

export const expectations = z.strictObject({
  lost: violations.describe("Confirmed (acks 0: published) and never delivered."),
  duplicated: violations.describe("Delivered more than once."),
  reordered: violations.describe("Delivered out of the order of their producer."),
  corrupted: violations.describe("Delivered with a checksum that does not fit."),
});

type AsLists<Shape extends z.ZodRawShape> = {
  [Key in keyof Shape]: z.ZodOptional<z.ZodArray<Shape[Key]>>;
};

function asLists<Shape extends z.ZodRawShape>(shape: Shape): AsLists<Shape> {
  const lists = Object.entries(shape).map(([key, field]) => [key, z.array(field).min(1).optional()]);
  return Object.fromEntries(lists) as AsLists<Shape>;
}

const parameters = logLoadParameters.partial({ ratePerSecond: true });
const sweep = z
  .array(z.strictObject(asLists(logLoadParameters.shape)))
  .min(1)
  .describe("Each entry is the cross product of its lists; all entries are run, one after another.");
const name = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, { error: "expected a name such as slow-consumer" });
const mode = z
  .enum(["open", "closed"])
  .describe("open: sends by schedule at ratePerSecond; closed: as fast as answers allow.");
const driver = z.enum(["kafka", "kafkajs", "null"]).describe("Client that publishes.");
const durability = z
  .enum(["none", "os", "fsync"])
  .nullable()
  .describe("Class asked of every target; null: as the target is shipped.");
const targets = z.array(z.string().min(1)).min(1).describe("Used where run is given no --target.");

/** What may be changed over a base: by a profile, by `quick`, by `--set`. */
export const overlay = z.strictObject({
  mode: mode.optional(),
  driver: driver.optional(),
  durability: durability.optional(),
  targets: targets.optional(),
  parameters: parameters.partial().optional(),
  sweep: sweep.optional(),
  phases: z
    .strictObject({
      warmup: logLoadPhases.shape.warmup.partial().optional(),
      measure: logLoadPhases.shape.measure.partial().optional(),
      verify: logLoadPhases.shape.verify.partial().optional(),
    })
    .optional(),
  expect: expectations.partial().optional(),
});

const profile = overlay.extend({ summary: z.string().min(1).describe("What this profile is, in a line.") });

export const scenarioSchema = z
  .strictObject({
    name: name.describe("The name of the file without .yaml."),
    question: z
      .string()
      .regex(/\?$/, { error: "expected a question, ending with a question mark" })
      .describe("The question this scenario answers, in one sentence."),
    workload: z.literal("log-load").describe("The traffic pattern."),
    protocol: z.literal("kafka"),
    driver,
    targets,
    durability,
    seed: z.int().min(0).max(0xffff_ffff).describe("Repetition n runs with seed + n - 1."),
    mode,
    parameters,
    sweep: sweep.optional(),
    phases: logLoadPhases,
    expect: expectations.describe("A run with more of these fails, and has no throughput."),
    profiles: z.record(name, profile).describe("Overlays by name; smoke, which takes seconds, is required."),
    quick: overlay.optional().describe("Overlay over any profile with run --quick."),
  })
  .meta({
    title: "Brokermark scenario",
    description: "One file asks one question of a message broker. Sizes, durations and rates take units.",
  });

export type Scenario = z.output<typeof scenarioSchema>;
export type Overlay = z.output<typeof overlay>;

/** JSON Schema (2020-12) of what a scenario file may hold, for editors. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(scenarioSchema, { io: "input" }) as Record<string, unknown>;
}
