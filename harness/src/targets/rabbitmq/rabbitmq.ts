/** A real RabbitMQ, one node with port mapper, data and ports of its own; no system-wide instance is touched. */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { HarnessError } from "../../errors.ts";
import { descendants, listProcesses } from "../../measure/process-tree.ts";
import { queueDurability, readServer } from "../amqp/server-facts.ts";
import { findFreePorts } from "../free-port.ts";
import { signalGroup } from "../live-processes.ts";
import { type BrokerProcess, startProcess } from "../process.ts";
import { RestartableBroker } from "../restartable-broker.ts";
import { duringStart, waitForMessage } from "../started-broker.ts";
import type { RunningTarget, StartOptions, Target, TargetDescription } from "../target.ts";
import { withBootErrors } from "./boot-failure.ts";
import {
  enabledPlugins,
  HOST,
  nodeEnvironment,
  rabbitmqConf,
  type RabbitmqPorts,
  withoutRabbitmq,
  writeNodeFiles,
} from "./configuration.ts";
import { untilHttpAnswers } from "./http-ready.ts";
import { findRabbitmq, HOW_TO_INSTALL, type RabbitmqInstallation } from "./installation.ts";
import { launchCommand } from "./launch.ts";

const START_TIMEOUT_MS = 90_000;
const STOP_GRACE_MS = 30_000;

const NOTES = [
  "RabbitMQ has no setting for durability: asked for another class than that of its queues, it keeps theirs",
];

export const rabbitmq: Target = { name: "rabbitmq", protocols: ["amqp"], describe, start };

async function describe(): Promise<TargetDescription> {
  const about = { name: "rabbitmq", summary: "RabbitMQ, one node, shipped defaults" } as const;
  try {
    const { version } = await findUsable(process.env);
    return { ...about, installed: true, version, howToInstall: null };
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    const howToInstall = `${error.message}: ${error.hint ?? HOW_TO_INSTALL}`;
    return { ...about, installed: false, version: null, howToInstall };
  }
}

async function findUsable(env: NodeJS.ProcessEnv): Promise<RabbitmqInstallation> {
  const found = await findRabbitmq(env);
  if (found.root === null || process.getuid?.() === 0) return found;
  throw new HarnessError("TARGET_NOT_INSTALLED", `entering ${found.root} needs root`, {
    hint: "run as root (sudo), or put RabbitMQ 4 and Erlang on the path",
  });
}

/** Options are settings of rabbitmq.conf. A directory that a node has stopped in gives its data to the next one. */
async function start(asked: StartOptions): Promise<RunningTarget> {
  const { directory, http = false, options, signal, environment } = asked;
  signal.throwIfAborted();
  const installation = await findUsable(process.env);
  const free = await findPorts(http);
  const ports = { ...free, amqp: asked.port ?? free.amqp };
  await writeNodeFiles(directory, rabbitmqConf(ports, options), enabledPlugins(ports));
  signal.throwIfAborted();
  const began = performance.now();
  const spawn = () =>
    startProcess({
      label: "rabbitmq",
      ...launchCommand(installation, directory),
      directory,
      env: { ...baseEnvironment(installation), ...environment, ...nodeEnvironment(directory, ports) },
      announces: false,
      graceMs: STOP_GRACE_MS,
    });
  const broker = await spawn();
  const endpoint = endpointOf(ports);
  return await killedOnAbort(broker, signal, () =>
    duringStart(broker, "rabbitmq", signal, async (combined) => {
      await waitForMessage("amqp", endpoint, combined, START_TIMEOUT_MS);
      if (endpoint.http) await untilHttpAnswers(endpoint.http, combined, START_TIMEOUT_MS);
      const startupMs = performance.now() - began;
      const ending = withoutStragglers;
      const restart = new RestartableBroker({ label: "rabbitmq", first: broker, spawn, ending });
      return {
        ...(await readRunning(broker, endpoint, combined)),
        ...{ endpoint, startupMs, restart },
        [Symbol.asyncDispose]: () => restart[Symbol.asyncDispose](),
      };
    }),
  );
}

async function findPorts(http: boolean): Promise<RabbitmqPorts> {
  const [amqp = 0, distribution = 0, epmd = 0, management = 0, prometheus = 0] = await findFreePorts(5, HOST);
  return { amqp, distribution, epmd, http: http ? { management, prometheus } : null };
}

function endpointOf({ amqp, http }: RabbitmqPorts): RunningTarget["endpoint"] {
  const endpoint = { host: HOST, port: amqp };
  if (http === null) return endpoint;
  return { ...endpoint, http: { host: HOST, port: http.management, metricsPort: http.prometheus } };
}

function baseEnvironment({ root }: RabbitmqInstallation): NodeJS.ProcessEnv {
  return root === null
    ? withoutRabbitmq(process.env)
    : { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
}

/** An interrupted start has nothing to wind up, and a node that is still booting takes its time over SIGTERM. */
async function killedOnAbort<T>(
  { pid, logFile }: BrokerProcess,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const kill = (): void => void signalGroup(pid, "SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  try {
    return await work();
  } catch (error) {
    throw withBootErrors(error, logFile);
  } finally {
    signal.removeEventListener("abort", kill);
  }
}

async function readRunning(
  broker: BrokerProcess,
  endpoint: RunningTarget["endpoint"],
  signal: AbortSignal,
): Promise<Omit<RunningTarget, "endpoint" | "startupMs" | "restart" | typeof Symbol.asyncDispose>> {
  const server = await readServer(endpoint, signal);
  const read = queueDurability(server);
  return {
    name: "rabbitmq",
    version: server.version ?? "unknown",
    durability: read.class,
    durabilityEvidence: read.evidence,
    warmup: "beam",
    configuration: server.properties,
    notes: NOTES,
    pid: broker.pid,
    died: broker.died,
  };
}

const STRAGGLER_LIMIT_MS = 5000;

/** Erlang's helper processes lead groups of their own and end when they see that the node has. */
async function withoutStragglers(pid: number, end: () => Promise<void>): Promise<void> {
  const tree = existsSync("/proc/self/stat") ? descendants(pid, listProcesses()) : [];
  await end();
  const deadline = performance.now() + STRAGGLER_LIMIT_MS;
  while (tree.some((each) => existsSync(`/proc/${each}`)) && performance.now() < deadline) await sleep(5);
}
