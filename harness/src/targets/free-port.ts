import { createServer } from "node:net";

/**
 * Ports nobody listens on now. Another process can take one before the broker does; brokers that can listen on
 * port 0 and tell should do so instead.
 */
export async function findFreePorts(count: number, host = "127.0.0.1"): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  try {
    const ports: number[] = [];
    for (const server of servers) {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, host, resolve);
      });
      const address = server.address();
      if (address !== null && typeof address === "object") ports.push(address.port);
    }
    return ports;
  } finally {
    for (const server of servers) server.close();
  }
}
