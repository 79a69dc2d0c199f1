/** A broker that somebody else runs: nothing is started or stopped, and its cost cannot be measured. */
import { HarnessError } from "../errors.ts";
import type { Endpoint } from "../load/protocol.ts";
import { readBrokerFacts } from "./broker-facts.ts";
import { durabilityOf } from "./kafka/configuration.ts";
import { checkOptions, type OptionTable } from "./option-table.ts";
import { probe } from "./probe.ts";
import type { RunningTarget, StartOptions, Target } from "./target.ts";

export const EXTERNAL_OPTIONS: OptionTable = {
  url: { kind: "text", summary: "where it listens: HOST:PORT or kafka://HOST:PORT" },
};

const PROBE_TIMEOUT_MS = 10_000;

export const external: Target = {
  name: "external",
  protocols: ["kafka"],
  describe: async () => ({
    name: "external",
    summary: "a running broker, given as external:url=HOST:PORT",
    installed: true,
    version: null,
    howToInstall: null,
  }),
  start,
};

/** Endpoint of `HOST:PORT` or `kafka://HOST:PORT`, IPv6 addresses in brackets. Throws USAGE. */
export function parseEndpoint(url: string): Endpoint {
  const match = /^(?:kafka:\/\/)?(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):(\d{1,5})\/?$/.exec(url);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port < 1 || port > 65535) {
    throw new HarnessError("USAGE", `target external: "${url}" is no address of a Kafka listener`, {
      hint: "write external:url=HOST:PORT, e.g. external:url=127.0.0.1:9092",
    });
  }
  return { host: match[1].replace(/^\[|\]$/g, ""), port };
}

async function start({ options, signal }: StartOptions): Promise<RunningTarget> {
  checkOptions("external", EXTERNAL_OPTIONS, options);
  if (options.url === undefined) {
    throw new HarnessError("USAGE", "target external needs the address of a broker", {
      hint: "write external:url=HOST:PORT",
    });
  }
  const endpoint = parseEndpoint(options.url);
  const began = performance.now();
  await probe({ endpoint, signal, timeoutMs: PROBE_TIMEOUT_MS, readsBack: true });
  const startupMs = performance.now() - began;
  const { features, configuration } = await readBrokerFacts(endpoint, signal);
  const read = durabilityOf(configuration?.["log.flush.interval.messages"]);
  const level = features["metadata.version"];
  return {
    name: "external",
    endpoint,
    version: level === undefined ? "unknown" : `unknown, metadata.version ${level}`,
    durability: read.class,
    durabilityEvidence: read.evidence,
    // What runs there is not known, so it is given the longest warm-up.
    warmup: "jvm",
    configuration: configuration ?? {},
    notes: [
      "not started by this run: no cost is measured, and its data and load from elsewhere are not controlled",
    ],
    pid: null,
    startupMs,
    died: new Promise<never>(() => undefined),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
