import net from "node:net";
import { allocateUnpooled } from "../base/allocate.ts";
import { type ConnectionEnvironment, KafkaConnection } from "../protocols/kafka/connection.ts";
import type { ConnectionStatistics } from "./connection-statistics.ts";
import { listen } from "./listen.ts";
import { readInto } from "./reading-socket.ts";

/** Bytes of a read that begins between frames; the rest of a large frame is read straight into its own memory. */
const READ_CHUNK_BYTES = 64 * 1024;

const STOP_LIMIT_MS = 3000;

export interface Listener {
  readonly port: number;
  statistics(): ConnectionStatistics;
  /** Stops accepting, answers what is under way and ends what is connected; a client that does not read is cut off. */
  close(): Promise<void>;
}

/** Listens for Kafka clients; port 0 takes a free one. `environmentFor` is told the port before the first client. */
export async function listenKafka(
  host: string,
  port: number,
  maxConnections: number,
  environmentFor: (port: number) => ConnectionEnvironment,
): Promise<Listener> {
  const connections = new Map<net.Socket, KafkaConnection>();
  const server = net.createServer({ noDelay: true });
  server.maxConnections = maxConnections;
  const bound = await listen(server, host, port, "port");
  const environment = environmentFor(bound);
  const chunk = allocateUnpooled(READ_CHUNK_BYTES);
  let acceptedConnections = 0;
  server.on("connection", (accepted) => {
    acceptedConnections++;
    let connection: KafkaConnection | null = null;
    const socket = readInto(
      accepted,
      () => connection?.readTarget ?? chunk,
      (buffer, bytes) => {
        if (buffer === chunk) connection?.receive(chunk.subarray(0, bytes));
        else connection?.receivedInPlace(bytes);
      },
    );
    connection = new KafkaConnection(socket, environment, acceptedConnections);
    connections.set(socket, connection);
    socket.once("close", () => connections.delete(socket));
  });
  // Such as no file descriptor left for another client: the ones there are served on.
  server.on("error", (error) => environment.report("accept failed", { error: String(error) }));
  return {
    port: bound,
    statistics: () => ({ connections: connections.size, acceptedConnections }),
    close: () =>
      new Promise((resolve) => {
        const limit = setTimeout(() => {
          for (const socket of connections.keys()) socket.destroy();
        }, STOP_LIMIT_MS);
        server.close(() => {
          clearTimeout(limit);
          resolve();
        });
        for (const connection of connections.values()) connection.stop();
      }),
  };
}
