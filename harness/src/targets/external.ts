/** A broker that somebody else runs: nothing is started or stopped, and its cost cannot be measured. */
import { HarnessError } from "../errors.ts";
import type { Endpoint } from "../load/protocol.ts";
import { queueDurability, readServer } from "./amqp/server-facts.ts";
import { readBrokerFacts } from "./broker-facts.ts";
import { durabilityOf } from "./kafka/configuration.ts";
import { checkOptions, type OptionTable } from "./option-table.ts";
import { waitForMessage } from "./started-broker.ts";
import type { Protocol, RunningTarget, StartOptions, Target } from "./target.ts";

export const EXTERNAL_OPTIONS: OptionTable = {
  url: {
    kind: "text",
    summary: "where it listens: HOST:PORT, kafka://HOST:PORT or amqp://USER@HOST:PORT/VIRTUAL-HOST",
  },
};

/** Not in the URL, which stands in every result as the name of the target. */
export const PASSWORD_VARIABLE = "BROKERMARK_AMQP_PASSWORD";

const PROBE_TIMEOUT_MS = 10_000;

export const external: Target = {
  name: "external",
  protocols: ["kafka", "amqp"],
  describe: async () => ({
    name: "external",
    summary: "a running broker, given as external:url=HOST:PORT",
    installed: true,
    version: null,
    howToInstall: null,
  }),
  start,
};

const ADDRESS =
  /^(?:(kafka|amqp):\/\/)?(?:([^\s/@]+)@)?(\[[0-9a-fA-F:.]+\]|[^\s:/[\]@]+):(\d{1,5})(?:\/([^\s/]*))?$/;

/**
 * Endpoint of `HOST:PORT`, `kafka://HOST:PORT` or `amqp://USER@HOST:PORT/VIRTUAL-HOST` (percent-encoded, without one
 * `/`), IPv6 addresses in brackets. Throws USAGE.
 */
export function parseEndpoint(url: string, protocol: Protocol, password: string | undefined): Endpoint {
  const [, scheme = protocol, user, host, digits, path] = ADDRESS.exec(url) ?? [];
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65535) throw noAddress(url, protocol);
  if (scheme !== protocol) {
    throw new HarnessError("USAGE", `target external: ${url} is ${scheme}, and ${protocol} is asked for`);
  }
  const address = { host: host.replace(/^\[|\]$/g, ""), port };
  if (protocol === "kafka") {
    if (user !== undefined || path) throw noAddress(url, protocol);
    return address;
  }
  if (user?.includes(":")) {
    throw new HarnessError("USAGE", "target external: a password in the URL would stand in every result", {
      hint: `leave it out and set ${PASSWORD_VARIABLE}`,
    });
  }
  if (user === undefined && !path && password === undefined) return address;
  const virtualHost = path ? decoded(path, url) : "/";
  return {
    ...address,
    login: { user: decoded(user ?? "guest", url), password: password ?? "guest", virtualHost },
  };
}

function decoded(part: string, url: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw noAddress(url, "amqp");
  }
}

function noAddress(url: string, protocol: Protocol): HarnessError {
  const what = protocol === "kafka" ? "a Kafka listener" : "an AMQP listener";
  const example = protocol === "kafka" ? "127.0.0.1:9092" : "amqp://guest@127.0.0.1:5672";
  return new HarnessError("USAGE", `target external: "${url}" is no address of ${what}`, {
    hint: `write external:url=HOST:PORT, e.g. external:url=${example}`,
  });
}

export function noAddressGiven(): HarnessError {
  return new HarnessError("USAGE", "target external needs the address of a broker", {
    hint: "write external:url=HOST:PORT",
  });
}

async function start({ protocol, options, signal }: StartOptions): Promise<RunningTarget> {
  checkOptions("external", EXTERNAL_OPTIONS, options);
  if (options.url === undefined) throw noAddressGiven();
  const endpoint = parseEndpoint(options.url, protocol, process.env[PASSWORD_VARIABLE]);
  const began = performance.now();
  await waitForMessage(protocol, endpoint, signal, PROBE_TIMEOUT_MS);
  const startupMs = performance.now() - began;
  return {
    name: "external",
    endpoint,
    ...(await askBroker(protocol, endpoint, signal)),
    // What runs there is not known, so it is given the longest warm-up.
    warmup: "jvm",
    notes: [
      "not started by this run: no cost is measured, and its data and load from elsewhere are not controlled",
    ],
    pid: null,
    startupMs,
    died: new Promise<never>(() => undefined),
    restart: null,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

export type Told = Pick<RunningTarget, "version" | "durability" | "durabilityEvidence" | "configuration">;

/** What a broker of unknown make tells of itself. Throws TARGET_UNREACHABLE. */
export async function askBroker(protocol: Protocol, endpoint: Endpoint, signal: AbortSignal): Promise<Told> {
  return await (protocol === "kafka" ? readKafka(endpoint, signal) : readAmqp(endpoint, signal));
}

async function readKafka(endpoint: Endpoint, signal: AbortSignal): Promise<Told> {
  const { features, configuration } = await readBrokerFacts(endpoint, signal);
  const read = durabilityOf(configuration?.["log.flush.interval.messages"]);
  const level = features["metadata.version"];
  return {
    version: level === undefined ? "unknown" : `unknown, metadata.version ${level}`,
    durability: read.class,
    durabilityEvidence: read.evidence,
    configuration: configuration ?? {},
  };
}

async function readAmqp(endpoint: Endpoint, signal: AbortSignal): Promise<Told> {
  const server = await readServer(endpoint, signal);
  const { product, version } = server;
  const read = queueDurability(server);
  return {
    version: product === null ? "unknown" : `${product} ${version ?? "of unknown version"}`,
    durability: read.class,
    durabilityEvidence: read.evidence,
    configuration: server.properties,
  };
}
