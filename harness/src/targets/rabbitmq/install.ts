/**
 * Bootstraps a Debian root directory with RabbitMQ in the cache: into a temporary directory, then renamed. In
 * namespaces of its own, so that whatever ends the installation, no mount and no process of it is left. Packages that
 * an interrupted installation had fetched are not fetched again.
 */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { HarnessError } from "../../errors.ts";
import {
  cacheDirectory,
  type Installed,
  type InstallOptions,
  makeTemporaryDirectory,
  runInstaller,
} from "../installation.ts";
import { cachedRootDirectory, DEBIAN_RELEASE, findCommand, findInRoot } from "./installation.ts";
import { IN_NAMESPACES } from "./launch.ts";

/** Throws INSTALL_FAILED: not Linux, not root, no debootstrap, no network, disk. */
export async function installRabbitmq(options: InstallOptions): Promise<Installed> {
  const { env, force, onProgress } = options;
  const root = cachedRootDirectory(env);
  const present = await findInRoot(root);
  if (present !== null && !force) return { directory: root, version: present.version, fresh: false };
  const debootstrap = await requireDebootstrap(env);
  const temporary = await makeTemporaryDirectory(env, basename(root));
  try {
    onProgress(`bootstrapping Debian ${DEBIAN_RELEASE} with rabbitmq-server; this takes a minute or two`);
    const packages = join(cacheDirectory(env), "debian-packages");
    await bootstrap(debootstrap, temporary, packages, options);
    const fresh = join(temporary, "root");
    const found = await findInRoot(fresh);
    if (found === null) {
      throw new HarnessError(
        "INSTALL_FAILED",
        "debootstrap ended well, yet there is no RabbitMQ in its root",
      );
    }
    await finish(fresh);
    await rm(root, { recursive: true, force: true });
    await rename(fresh, root);
    await rm(packages, { recursive: true, force: true });
    return { directory: root, version: found.version, fresh: true };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function requireDebootstrap(env: NodeJS.ProcessEnv): Promise<string> {
  if (process.platform !== "linux") {
    throw new HarnessError("INSTALL_FAILED", "RabbitMQ is bootstrapped on Linux only", {
      hint: "install RabbitMQ 4 with your package manager (brew install rabbitmq) and put it on the path",
    });
  }
  if (process.getuid?.() !== 0) {
    throw new HarnessError("INSTALL_FAILED", "bootstrapping a root directory needs root", {
      hint: "run it as root (sudo), or put RabbitMQ 4 and Erlang on the path",
    });
  }
  const debootstrap = await findCommand("debootstrap", env);
  if (debootstrap !== null) return debootstrap;
  throw new HarnessError("INSTALL_FAILED", "debootstrap is not installed", {
    hint: "apt-get install debootstrap (also dnf, zypper and pacman have it), or put RabbitMQ 4 and Erlang on the path",
  });
}

async function bootstrap(
  debootstrap: string,
  temporary: string,
  packages: string,
  options: InstallOptions,
): Promise<void> {
  await mkdir(packages, { recursive: true });
  const [command, ...namespaces] = IN_NAMESPACES;
  const what = ["--variant=minbase", "--include=rabbitmq-server", `--cache-dir=${packages}`, DEBIAN_RELEASE];
  await runInstaller(
    {
      command,
      args: [...namespaces, debootstrap, ...what, join(temporary, "root")],
      directory: temporary,
      progress: progressOf,
      explain: explainBootstrapFailure,
      missing: (cause) =>
        new HarnessError("INSTALL_FAILED", `cannot run ${command}: ${cause.message}`, {
          hint: "install util-linux",
          cause,
        }),
    },
    options,
  );
}

/** debootstrap prints a line per package and step, e.g. `I: Retrieving erlang-base 1:27.3.4.1+dfsg-1`. */
export function progressOf(line: string): string | null {
  return /^I: (.+?)\.*$/.exec(line)?.[1] ?? null;
}

/** What to do about a failed bootstrap, from what debootstrap printed. */
export function explainBootstrapFailure(printed: string): string {
  if (/Operation not permitted|unshare failed|Cannot install into target.*mounted/i.test(printed)) {
    return "it needs a file system without noexec and nodev, and the right to mount (in a container: --privileged)";
  }
  if (/No space left/i.test(printed)) return "free about 600 MB on the disk of the cache";
  if (/keyring|signature|NO_PUBKEY/i.test(printed)) {
    return "install a recent debian-archive-keyring: the signature of the release is not known to this system";
  }
  if (/Failed getting release file|Couldn't download|resolv/i.test(printed)) {
    return "Debian's mirror cannot be reached: check network and http_proxy; what was fetched is kept";
  }
  return "run it again: what was fetched is kept";
}

/** So that `localhost` has an address inside; what only an upgrade would need is dropped. */
async function finish(root: string): Promise<void> {
  await writeFile(join(root, "etc", "hosts"), "127.0.0.1 localhost\n::1 localhost\n");
  for (const useless of ["var/cache/apt", "var/lib/apt/lists"]) {
    await rm(join(root, useless), { recursive: true, force: true });
  }
}
