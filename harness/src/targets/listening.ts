/** What the small servers of this folder do alike as processes. */
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import type { AddressInfo, Server, Socket } from "node:net";

/** Listens on a free port of the loopback, says so in one line of JSON, and ends on SIGTERM. */
export function announceAndServe(
  server: Server,
  protocol: "kafka" | "amqp" | "bare",
  listening: (address: AddressInfo) => void,
): void {
  server.listen({ port: 0, host: "127.0.0.1" }, () => {
    const address = server.address() as AddressInfo;
    listening(address);
    const { address: host, port } = address;
    const line = { event: "listening", protocol, host, port, version: packageVersion() };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  });
  process.once("SIGTERM", () => process.exit(0));
  process.once("SIGINT", () => process.exit(0));
}

/** Closes a connection whose requests make no sense, with a word in the log. */
export function refuse(socket: Socket, error: unknown): void {
  // Node's own readInt32BE beyond the end is a RangeError too.
  if (!(error instanceof RangeError)) throw error;
  process.stderr.write(`connection closed: ${error.message}\n`);
  socket.destroy();
}

function packageVersion(): string {
  const path = findPackageJSON("..", import.meta.url);
  return path === undefined ? "unknown" : JSON.parse(readFileSync(path, "utf8")).version;
}
