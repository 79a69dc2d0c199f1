import net from "node:net";
import { BrokerError } from "../errors.ts";
import { type ConnectionEnvironment, KafkaConnection } from "../protocols/kafka/connection.ts";

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
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    new KafkaConnection(socket, environment);
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
