/** How a RabbitMQ node is started: on the system itself, or inside a root directory that is mounted for it alone. */
import type { RabbitmqInstallation } from "./installation.ts";

/**
 * Mounts and processes of their own (unshare(1)). When the first process inside ends or is killed, or unshare is, the
 * kernel kills all others and undoes the mounts.
 */
export const IN_NAMESPACES = ["unshare", "--mount", "--pid", "--fork", "--kill-child"] as const;

/** $1: the node's directory, $2: rabbitmq-server. The port mapper stays in our process group: as a daemon it would not. */
const START_NODE = `
cd "$1"
command -v epmd >/dev/null || { echo "epmd is not on the path: is Erlang installed?" >&2; exit 1; }
epmd -address 127.0.0.1 -port "$ERL_EPMD_PORT" &
exec "$2"
`;

/**
 * $1, $2 as above, $3: the root directory, $4: where to mount it. System directories are read-only; the node's directory
 * has the same name inside, so that paths in its configuration mean the same.
 */
const ENTER_ROOT = `
set -e
mount -t tmpfs -o mode=755,size=4m brokermark "$4"
cd "$4"
for link in "$3"/*; do
  if [ -L "$link" ]; then cp -P "$link" .; fi
done
mkdir usr etc proc dev tmp
chmod 1777 tmp
mount --bind -o ro "$3/usr" usr
mount --bind -o ro "$3/etc" etc
mount --rbind /dev dev
mount -t proc proc proc
mkdir -p ".$1"
mount --bind "$1" ".$1"
exec chroot . /bin/sh -c '${START_NODE}' rabbitmq "$1" "$2"
`;

export interface LaunchCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** Name of the mount point inside the node's directory; only where there is a root to mount. */
export const MOUNT_POINT = "root";

export function launchCommand({ server, root }: RabbitmqInstallation, directory: string): LaunchCommand {
  const node = ["rabbitmq", directory, server];
  if (root === null) return { command: "/bin/sh", args: ["-c", START_NODE, ...node] };
  const [command, ...namespaces] = IN_NAMESPACES;
  const enter = ["/bin/sh", "-c", ENTER_ROOT, ...node, root, `${directory}/${MOUNT_POINT}`];
  return { command, args: [...namespaces, ...enter] };
}
