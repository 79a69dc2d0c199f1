import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";

/** Below it are the ports that well-known services listen on. */
const FIRST = 10_000;
const EPHEMERAL_FIRST = 32_768;
const MAX_TRIES = 1_000;

/**
 * Ports nobody listens on now, below those that the kernel gives to connections and to whoever listens on port 0: such
 * a port can be in use again before the broker, started or restarted, listens on it.
 */
export async function findFreePorts(
  count: number,
  host = "127.0.0.1",
  random = Math.random,
): Promise<number[]> {
  const last = ephemeralFirst() - 1;
  const servers = new Map<number, Server>();
  try {
    for (let tries = 0; servers.size < count; tries++) {
      // Where the kernel gives away nearly all ports, one of its own is as good as any.
      const isDrawn = last - FIRST >= MAX_TRIES && tries < MAX_TRIES;
      const listening = await listen(isDrawn ? FIRST + Math.floor(random() * (last - FIRST + 1)) : 0, host);
      if (listening !== null) servers.set(listening.port, listening.server);
    }
    return [...servers.keys()];
  } finally {
    for (const server of servers.values()) server.close();
  }
}

/** null: the port is taken. */
function listen(port: number, host: string): Promise<{ server: Server; port: number } | null> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (port !== 0 && (error.code === "EADDRINUSE" || error.code === "EACCES")) resolve(null);
      else reject(error);
    });
    server.listen(port, host, () => {
      const address = server.address();
      if (address !== null && typeof address === "object") resolve({ server, port: address.port });
    });
  });
}

/** Linux tells it; elsewhere it is higher (IANA: 49152). */
function ephemeralFirst(): number {
  try {
    const [first] = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").trim().split(/\s+/);
    return Number(first);
  } catch {
    return EPHEMERAL_FIRST;
  }
}
