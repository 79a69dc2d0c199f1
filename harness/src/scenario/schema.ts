/**
 * The scenario format: these fields are the one source of types, validation and `scenarios/schema.json`.
 * A scenario is a base; a profile is an overlay over it, `quick` an overlay over any profile, and `--set` one
 * over all. Every value may be written with its unit; a bare number is in the unit its field's name ends with.
 */
import { z } from "zod";
import { nearest } from "./nearest.ts";
import { phaseFields } from "./phases.ts";
import { WORKLOAD_NAMES, WORKLOADS, type Workload } from "./workloads.ts";

const violations = z.int().min(0);

export const expectations = z.strictObject({
  lost: violations.describe("Confirmed (acks 0: published) and never delivered."),
  duplicated: violations.describe("Delivered more than once."),
  reordered: violations.describe("Delivered out of the order of their producer."),
  corrupted: violations.describe("Delivered with a checksum that does not fit."),
});

/** Each field becomes a list of what it was, and may be left out. */
function asLists({ shape }: z.ZodObject) {
  const lists = Object.entries(shape).map(([key, field]) => [key, z.array(field).min(1).optional()] as const);
  return z.strictObject(Object.fromEntries(lists));
}

/** Which parameters there are depends on the workload, so here they are only known to be some. */
function sweepOf(fields: z.ZodObject) {
  return z
    .array(asLists(fields))
    .min(1)
    .describe("Each entry is the cross product of its lists; all entries are run, one after another.");
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

/** What may be changed over a base: by a profile, by `quick`, by `--set`. */
function overlayOf<Driver extends z.ZodType>(fields: z.ZodObject, driver: Driver) {
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

function scenarioOf<Head extends z.ZodRawShape, Driver extends z.ZodType>(
  fields: z.ZodObject,
  driver: Driver,
  head: Head,
) {
  const overlay = overlayOf(fields, driver);
  const profile = overlay.extend({ summary: z.string().min(1).describe("What this profile is, in a line.") });
  return z
    .strictObject({
      name: name.describe("The name of the file without .yaml."),
      question: z
        .string()
        .regex(/\?$/, { error: "expected a question, ending with a question mark" })
        .describe("The question this scenario answers, in one sentence."),
    })
    .extend(head)
    .extend({
      driver,
      targets,
      durability,
      seed: z.int().min(0).max(0xffff_ffff).describe("Repetition n runs with seed + n - 1."),
      mode,
      parameters: fields.partial({ ratePerSecond: true }),
      sweep: sweepOf(fields).optional(),
      phases: phaseFields,
      expect: expectations.describe("A run with more of these fails, and has no throughput."),
      profiles: z
        .record(name, profile)
        .describe("Overlays by name; smoke, which takes seconds, is required."),
      quick: overlay.optional().describe("Overlay over any profile with run --quick."),
    });
}

const workload = <W extends Workload>(value: W) => z.literal(value).describe("The traffic pattern.");

const SCENARIOS = [
  scenarioOf(WORKLOADS["log-load"].parameters, logDriver, {
    workload: workload("log-load"),
    protocol: z.literal("kafka"),
  }),
  scenarioOf(WORKLOADS.fanout.parameters, driversOf(WORKLOADS.fanout.drivers), {
    workload: workload("fanout"),
  }),
  scenarioOf(WORKLOADS["publish-confirm"].parameters, driversOf(WORKLOADS["publish-confirm"].drivers), {
    workload: workload("publish-confirm"),
  }),
  scenarioOf(WORKLOADS["work-queue"].parameters, driversOf(WORKLOADS["work-queue"].drivers), {
    workload: workload("work-queue"),
  }),
  scenarioOf(WORKLOADS["ttl-storm"].parameters, driversOf(WORKLOADS["ttl-storm"].drivers), {
    workload: workload("ttl-storm"),
  }),
  scenarioOf(WORKLOADS["memory-paging"].parameters, driversOf(WORKLOADS["memory-paging"].drivers), {
    workload: workload("memory-paging"),
  }),
  scenarioOf(WORKLOADS.connections.parameters, driversOf(WORKLOADS.connections.drivers), {
    workload: workload("connections"),
  }),
  scenarioOf(WORKLOADS["http-ingest"].parameters, driversOf(WORKLOADS["http-ingest"].drivers), {
    workload: workload("http-ingest"),
  }),
  scenarioOf(WORKLOADS.recovery.parameters, driversOf(WORKLOADS.recovery.drivers), {
    workload: workload("recovery"),
  }),
  scenarioOf(WORKLOADS["backlog-drain"].parameters, driversOf(WORKLOADS["backlog-drain"].drivers), {
    workload: workload("backlog-drain"),
  }),
] as const;

export const scenarioSchema = z.discriminatedUnion("workload", SCENARIOS).meta({
  title: "Brokermark scenario",
  description: "One file asks one question of a message broker. Sizes, durations and rates take units.",
});

export type Scenario = z.output<typeof scenarioSchema>;
export type Overlay = Omit<NonNullable<Scenario["quick"]>, "driver"> & {
  readonly driver?: Scenario["driver"] | undefined;
};

/** The schema of scenarios of this workload; of the one that a mistyped name is nearest to, or of the first. */
export function schemaOfWorkload(name: unknown): z.ZodObject {
  const meant = typeof name === "string" ? nearest(name, WORKLOAD_NAMES) : null;
  const named = (wanted: unknown) => SCENARIOS.find(({ shape }) => shape.workload.value === wanted);
  return named(name) ?? named(meant) ?? SCENARIOS[0];
}

/** What `--set` may change of a scenario of this workload. */
export function overlaySchema(name: Workload): z.ZodType<Overlay> {
  const { quick } = schemaOfWorkload(name).shape;
  return (quick as z.ZodOptional<z.ZodType<Overlay>>).unwrap();
}

/** JSON Schema (2020-12) of what a scenario file may hold, for editors. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(scenarioSchema, { io: "input", reused: "ref" }) as Record<string, unknown>;
}
