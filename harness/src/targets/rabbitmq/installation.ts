/** Where RabbitMQ is: of RABBITMQ_HOME, on the path, or in a root directory of our own in the cache. */
import { access, readdir, realpath } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { HarnessError } from "../../errors.ts";
import { cacheDirectory } from "../installation.ts";

export const MINIMUM_MAJOR = 4;

export const INSTALL_COMMAND = "brokermark targets install rabbitmq";

export const HOW_TO_INSTALL = `${INSTALL_COMMAND} (Linux, as root, needs debootstrap), or put RabbitMQ ${MINIMUM_MAJOR} and Erlang on the path, or set RABBITMQ_HOME`;

export interface RabbitmqInstallation {
  /** The script `rabbitmq-server` of the distribution, as it is called inside `root`. */
  readonly server: string;
  /** Root directory to enter before; null: the system's own. */
  readonly root: string | null;
  /** From the directory of the server's own plugin, e.g. 4.0.5. */
  readonly version: string;
}

/** What Debian's packages carry: RabbitMQ 4.0 and Erlang 27. */
export const DEBIAN_RELEASE = "trixie";

export function cachedRootDirectory(env: NodeJS.ProcessEnv): string {
  return join(cacheDirectory(env), `rabbitmq-debian-${DEBIAN_RELEASE}`);
}

/** Throws TARGET_NOT_INSTALLED when there is no RabbitMQ 4 where one is looked for. */
export async function findRabbitmq(env: NodeJS.ProcessEnv): Promise<RabbitmqInstallation> {
  const home = env.RABBITMQ_HOME;
  const found = home ? await readServer(join(home, "sbin", "rabbitmq-server")) : await findOnPath(env);
  if (found !== null && isRecent(found.version)) return found;
  const own = home ? null : await findInRoot(cachedRootDirectory(env));
  if (own !== null) return own;
  throw new HarnessError("TARGET_NOT_INSTALLED", explain(home, found), { hint: HOW_TO_INSTALL });
}

function explain(home: string | undefined, found: RabbitmqInstallation | null): string {
  if (found !== null) return `RabbitMQ ${MINIMUM_MAJOR} is needed, ${found.server} is ${found.version}`;
  return home ? `RABBITMQ_HOME is ${home}, which has no sbin/rabbitmq-server` : "RabbitMQ is not installed";
}

function isRecent(version: string): boolean {
  return Number.parseInt(version, 10) >= MINIMUM_MAJOR;
}

async function findOnPath(env: NodeJS.ProcessEnv): Promise<RabbitmqInstallation | null> {
  const script = await findCommand("rabbitmq-server", env);
  if (script === null) return null;
  return (await readServer(script)) ?? (await readServer(DEBIAN_SCRIPT));
}

/** Debian puts a wrapper on the path, which changes to the user of the system's instance. */
const DEBIAN_SCRIPT = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/** Null: no such file, or not the distribution's own script. */
async function readServer(script: string): Promise<RabbitmqInstallation | null> {
  try {
    const server = await realpath(script);
    await access(join(dirname(server), "rabbitmq-env"));
    const version = await readVersion(dirname(dirname(server)));
    return version === null ? null : { server, root: null, version };
  } catch {
    return null;
  }
}

/** RabbitMQ in a bootstrapped root directory, null when there is none. */
export async function findInRoot(root: string): Promise<RabbitmqInstallation | null> {
  const library = "/usr/lib/rabbitmq/lib";
  for (const name of await readdir(join(root, library)).catch(() => [])) {
    const version = await readVersion(join(root, library, name));
    if (version !== null) return { server: `${library}/${name}/sbin/rabbitmq-server`, root, version };
  }
  return null;
}

async function readVersion(distribution: string): Promise<string | null> {
  const plugins = await readdir(join(distribution, "plugins")).catch(() => []);
  return plugins.map((name) => /^rabbit-(\d+\.\d+\.\d+.*?)(?:\.ez)?$/.exec(name)?.[1]).find(Boolean) ?? null;
}

/** The command's file on the path, or where only root's path leads; null: nowhere. */
export async function findCommand(name: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  for (const directory of [...(env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"]) {
    const file = join(directory, name);
    if (
      directory !== "" &&
      (await access(file).then(
        () => true,
        () => false,
      ))
    )
      return file;
  }
  return null;
}
