/**
 * The scenario format: these fields are the one source of types, validation and `scenarios/schema.json`.
 * A scenario is a base; a profile is an overlay over it, `quick` an overlay over any profile, and `--set` one
 * over all. Every value may be written with its unit; a bare number is in the unit its field's name ends with.
 */
import { z } from "zod";
import { phaseFields } from "./phases.ts";
import { WORKLOADS, type Workload } from "./workloads.ts";

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

const name = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, { error: "expected a name such as slow-consumer" });
const mode = z
  .enum(["open", "closed"])
  .describe("open: sends by schedule at ratePerSecond; closed: as fast as answers allow.");
const durability = z
  .enum(["none", "os", "fsync"])
  .nullable()
  .describe("Class asked of every target; null: as the target is shipped.");
const targets = z.array(z.string().min(1)).min(1).describe("Used where run is given no --target.");

/** A log has one client at a time; where a workload can go over several protocols, each may have one. */
const logDriver = z.enum(WORKLOADS["log-load"].drivers).describe("Client that publishes.");

function driversOf<const Names extends readonly [string, ...string[]]>(names: Names) {
  const one = z.enum(names);
  return z
    .union([one, z.array(one).min(1)], { error: `expected one or a list of ${names.join(", ")}` })
    .describe("Client that publishes; of several, each target is run with those whose protocol it speaks.");
}

type ParameterFields = z.ZodObject<z.ZodRawShape & { ratePerSecond: z.ZodType }>;

/** What may be changed over a base: by a profile, by `quick`, by `--set`. */
function overlayOf<Fields extends ParameterFields, Driver extends z.ZodType>(fields: Fields, driver: Driver) {
  return z.strictObject({
    mode: mode.optional(),
    driver: driver.optional(),
    durability: durability.optional(),
    targets: targets.optional(),
    parameters: fields.partial().optional(),
    sweep: sweepOf(fields).optional(),
    phases: z
      .strictObject({
        warmup: phaseFields.shape.warmup.partial().optional(),
        measure: phaseFields.shape.measure.partial().optional(),
        verify: phaseFields.shape.verify.partial().optional(),
      })
      .optional(),
    expect: expectations.partial().optional(),
  });
}

function sweepOf<Fields extends ParameterFields>(fields: Fields) {
  return z
    .array(z.strictObject(asLists(fields.shape)))
    .min(1)
    .describe("Each entry is the cross product of its lists; all entries are run, one after another.");
}

function scenarioOf<
  W extends Workload,
  Head extends { workload: z.ZodLiteral<W>; driver: z.ZodType } & z.ZodRawShape,
>(workload: W, head: Head) {
  const fields = WORKLOADS[workload].parameters as (typeof WORKLOADS)[W]["parameters"] & ParameterFields;
  const overlay = overlayOf(fields, head.driver);
  const profile = overlay.extend({ summary: z.string().min(1).describe("What this profile is, in a line.") });
  return z.strictObject({
    name: name.describe("The name of the file without .yaml."),
    question: z
      .string()
      .regex(/\?$/, { error: "expected a question, ending with a question mark" })
      .describe("The question this scenario answers, in one sentence."),
    ...head,
    targets,
    durability,
    seed: z.int().min(0).max(0xffff_ffff).describe("Repetition n runs with seed + n - 1."),
    mode,
    parameters: fields.partial({ ratePerSecond: true }),
    sweep: sweepOf(fields).optional(),
    phases: phaseFields,
    expect: expectations.describe("A run with more of these fails, and has no throughput."),
    profiles: z.record(name, profile).describe("Overlays by name; smoke, which takes seconds, is required."),
    quick: overlay.optional().describe("Overlay over any profile with run --quick."),
  });
}
