/** The bundled reference broker, as a process of its own like every other target. */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { readBrokerFacts } from "./broker-facts.ts";
import { startProcess } from "./process.ts";
import { announcedEndpoint, duringStart, waitForMessage } from "./started-broker.ts";
import type { RunningTarget, StartOptions, Target } from "./target.ts";

/** TypeScript in a checkout; in the package the bundle, whose start takes a quarter less than that of its 74 modules. */
export const REFERENCE_BROKER_ENTRY = fileURLToPath(
  new URL(
    extname(import.meta.url) === ".ts" ? "../../../reference-broker/src/main.ts" : "../../../broker/main.js",
    import.meta.url,
  ),
);

const START_TIMEOUT_MS = 30_000;

const NOTES = [
  "the reference broker checks the CRC of a batch and stores it as it came (uncompressed: that record lengths add up); Apache Kafka also decompresses a compressed batch and validates every record",
];

interface Announcement {
  readonly version?: unknown;
  readonly durability?: unknown;
}

export const reference: Target = {
  name: "reference",
  protocols: ["kafka"],
  describe: async () => ({
    name: "reference",
    summary: "the bundled reference broker",
    installed: true,
    version: null,
    howToInstall: null,
  }),
  start,
};

/** Options go to the broker as `--set key=value`. */
async function start({ directory, durability, options, signal }: StartOptions): Promise<RunningTarget> {
  signal.throwIfAborted();
  const began = performance.now();
  const broker = await startProcess({
    label: "reference",
    command: process.execPath,
    args: brokerArguments(directory, durability ?? "os", options),
    directory,
    announces: true,
  });
  return await duringStart(broker, "reference", signal, async (combined) => {
    const line = await broker.announcement;
    const endpoint = announcedEndpoint("reference", broker.logFile, line);
    await waitForMessage(endpoint, combined, START_TIMEOUT_MS);
    const startupMs = performance.now() - began;
    const facts = await readBrokerFacts(endpoint, combined);
    const { version, durability: announced } = line as Announcement;
    return {
      name: "reference",
      endpoint,
      version: typeof version === "string" ? version : "unknown",
      durability: isDurability(announced) ? announced : null,
      durabilityEvidence: `announced by the running broker: durability=${String(announced)}`,
      warmup: "node",
      configuration: facts.configuration ?? {},
      notes: NOTES,
      pid: broker.pid,
      startupMs,
      died: broker.died,
      [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
    };
  });
}

function brokerArguments(
  directory: string,
  durability: string,
  options: Readonly<Record<string, string>>,
): string[] {
  const own = [
    "--data-dir",
    `${directory}/data`,
    "--port",
    "0",
    "--host",
    "127.0.0.1",
    "--durability",
    durability,
  ];
  const set = Object.entries(options).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  return [REFERENCE_BROKER_ENTRY, ...own, ...set];
}

function isDurability(value: unknown): value is "none" | "os" | "fsync" {
  return value === "none" || value === "os" || value === "fsync";
}
