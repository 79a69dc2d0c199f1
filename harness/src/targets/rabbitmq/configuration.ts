/** Files and environment of a RabbitMQ node: shipped defaults but for what keeps it to itself. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HarnessError } from "../../errors.ts";
import { MOUNT_POINT } from "./launch.ts";

export interface RabbitmqPorts {
  readonly amqp: number;
  /** Erlang distribution. */
  readonly distribution: number;
  /** Erlang port mapper of this node alone, so that the node's name can be the same everywhere. */
  readonly epmd: number;
  /** null: the management plugin, and that for Prometheus, stay off, as they are shipped. */
  readonly http: { readonly management: number; readonly prometheus: number } | null;
}

export const HOST = "127.0.0.1";
const NODE_NAME = "brokermark@localhost";

/** Keys of rabbitmq.conf by which this target itself works; an option must not set them. */
function ownSettings(ports: RabbitmqPorts): Record<string, string> {
  return {
    "listeners.tcp.1": `${HOST}:${ports.amqp}`,
    "log.console": "true",
    "log.file": "false",
    ...(ports.http === null
      ? {}
      : {
          "management.tcp.ip": HOST,
          "management.tcp.port": String(ports.http.management),
          "prometheus.tcp.ip": HOST,
          "prometheus.tcp.port": String(ports.http.prometheus),
        }),
  };
}

/** Text of the file of enabled plugins, an Erlang term. */
export function enabledPlugins({ http }: Pick<RabbitmqPorts, "http">): string {
  return http === null ? "[].\n" : "[rabbitmq_management,rabbitmq_prometheus].\n";
}

/** Text of rabbitmq.conf. Throws USAGE when an option would take away what the target needs to work. */
export function rabbitmqConf(ports: RabbitmqPorts, options: Readonly<Record<string, string>>): string {
  const own = ownSettings(ports);
  for (const [key, value] of Object.entries(options)) {
    if (Object.hasOwn(own, key) || key.startsWith("listeners.tcp")) {
      throw new HarnessError("USAGE", `target rabbitmq: ${key} is set by the target itself`, {
        hint: "leave it out, or start your own RabbitMQ and use external:url=amqp://HOST:PORT",
      });
    }
    if (!/^[a-z][A-Za-z0-9._-]*$/.test(key) || /[\r\n]/.test(value)) {
      throw new HarnessError("USAGE", `target rabbitmq: "${key}" is no setting of rabbitmq.conf`, {
        hint: "write rabbitmq:channel_max=100, with the names of rabbitmq.conf",
      });
    }
  }
  const settings = Object.entries({ ...own, ...options }).map(([key, value]) => `${key} = ${value}`);
  return `${settings.join("\n")}\n`;
}

/** Everything the node reads and writes is in `directory`; no file of a system-wide instance is looked at. */
export function nodeEnvironment(directory: string, ports: RabbitmqPorts): Record<string, string> {
  const inside = (name: string): string => join(directory, name);
  return {
    HOME: directory,
    TMPDIR: inside("tmp"),
    LANG: "C.UTF-8",
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: HOST,
    ERL_INETRC: inside("inetrc"),
    ERL_CRASH_DUMP: inside("erl_crash.dump"),
    // No dump: it takes seconds, and the log says what it is about.
    ERL_CRASH_DUMP_SECONDS: "0",
    RABBITMQ_NODENAME: NODE_NAME,
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `-kernel inet_dist_use_interface {${HOST.replaceAll(".", ",")}}`,
    RABBITMQ_MNESIA_BASE: inside("data"),
    RABBITMQ_LOG_BASE: inside("log"),
    RABBITMQ_LOGS: "-",
    RABBITMQ_CONFIG_FILE: inside("rabbitmq.conf"),
    RABBITMQ_ADVANCED_CONFIG_FILE: inside("advanced.config"),
    RABBITMQ_CONF_ENV_FILE: inside("rabbitmq-env.conf"),
    RABBITMQ_ENABLED_PLUGINS_FILE: inside("enabled_plugins"),
    RABBITMQ_GENERATED_CONFIG_DIR: inside("data"),
    RABBITMQ_PLUGINS_EXPAND_DIR: inside("plugins"),
    RABBITMQ_PID_FILE: inside("rabbitmq.pid"),
  };
}

/**
 * Names are looked up in no other place than this file: a server for names that does not answer would hold each request to
 * the management API, and the scrapes beside it, for five seconds.
 */
const INETRC = `{lookup, [file]}.
{host, {127,0,0,1}, ["localhost"]}.
`;

/** The system's environment without what would steer RabbitMQ or Erlang. */
export function withoutRabbitmq(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(RABBITMQ|ERL)_/.test(name)));
}

/** Throws TARGET_START_FAILED. */
export async function writeNodeFiles(directory: string, conf: string, plugins: string): Promise<void> {
  try {
    for (const name of ["data", "log", "tmp", "plugins", MOUNT_POINT]) {
      await mkdir(join(directory, name), { recursive: true });
    }
    await writeFile(join(directory, "rabbitmq.conf"), conf);
    await writeFile(join(directory, "rabbitmq-env.conf"), "");
    await writeFile(join(directory, "advanced.config"), "[].\n");
    await writeFile(join(directory, "enabled_plugins"), plugins);
    await writeFile(join(directory, "inetrc"), INETRC);
  } catch (cause) {
    throw new HarnessError(
      "TARGET_START_FAILED",
      `target rabbitmq: cannot write ${directory}: ${(cause as Error).message}`,
      { hint: "give a directory that you may write to, or free space on that disk", cause },
    );
  }
}
