import net from "node:net";
import { allocateUnpooled } from "../base/allocate.ts";
import { BrokerError } from "../errors.ts";
import { type ConnectionEnvironment, KafkaConnection } from "../protocols/kafka/connection.ts";

import { readInto } from "./reading-socket.ts";

/** Bytes of one read: large requests need fewer system calls, and the copy out of it is still in the processor's cache. */
const READ_CHUNK_BYTES = 256 * 1024;

export interface Listener {
  readonly port: number;
  /** Stops accepting and ends what is connected. */
  close(): Promise<void>;
}

/** Listens for Kafka clients; port 0 takes a free one. `environmentFor` is told the port before the first client. */
export async function listenKafka(
  host: string,
  port: number,
  maxConnections: number,
  environmentFor: (port: number) => ConnectionEnvironment,
): Promise<Listener> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ noDelay: true });
  server.maxConnections = maxConnections;
  await listen(server, host, port);
  const bound = (server.address() as net.AddressInfo).port;
  const environment = environmentFor(bound);
  const chunk = allocateUnpooled(READ_CHUNK_BYTES);
  server.on("connection", (accepted) => {
    const socket = readInto(accepted, chunk, (bytes) => connection.receive(chunk.subarray(0, bytes)));
    const connection = new KafkaConnection(socket, environment);
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroySoon();
      }),
  };
}

function listen(server: net.Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(explain(error, host, port)));
    server.listen({ host, port, backlog: 1024 }, resolve);
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): BrokerError {
  if (error.code === "EADDRINUSE") {
    return new BrokerError(
      "PORT_TAKEN",
      `${host}:${port} is taken: choose another --port, or 0 for a free one`,
      error,
    );
  }
  return new BrokerError(
    "ADDRESS_UNAVAILABLE",
    `cannot listen on ${host}:${port} (${error.code}): check --host and --port`,
    error,
  );
}
