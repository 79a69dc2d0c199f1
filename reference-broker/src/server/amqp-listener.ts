/** AMQP 0-9-1 on a plain port and, with certificates, on one for TLS. */
import net from "node:net";
import tls from "node:tls";
import { allocateUnpooled } from "../base/allocate.ts";
import { AmqpConnection } from "../protocols/amqp/connection.ts";
import type { Peer } from "../protocols/amqp/handshake.ts";
import { TurnEnd } from "../protocols/amqp/output.ts";
import type { AmqpEnvironment } from "../protocols/amqp/session.ts";
import type { ConnectionStatistics } from "./connection-statistics.ts";
import { listen } from "./listen.ts";
import { isLoopback } from "./loopback.ts";
import { readInto } from "./reading-socket.ts";

const READ_CHUNK_BYTES = 64 * 1024;
const STOP_LIMIT_MS = 3000;
const TLS_HANDSHAKE_TIMEOUT_MS = 10_000;
/** A publisher that is held back is not read from: without probes nobody would learn that it has gone. */
const KEEP_ALIVE_MS = 60_000;

/** PEM texts. With `ca`, client certificates are asked for, checked against it, and prove names to EXTERNAL. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | null;
}

export interface AmqpListenOptions {
  readonly host: string;
  /** 0 takes a free one; null: none. */
  readonly port: number | null;
  readonly tlsPort: number | null;
  readonly tls: TlsFiles | null;
  readonly maxConnections: number;
}

export interface AmqpListener {
  readonly port: number | null;
  readonly tlsPort: number | null;
  statistics(): ConnectionStatistics;
  /** Stops accepting and closes what is connected with connection.close 320; who does not answer is cut off. */
  close(): Promise<void>;
}

export async function listenAmqp(
  options: AmqpListenOptions,
  environment: AmqpEnvironment,
): Promise<AmqpListener> {
  const acceptor = new Acceptor(environment);
  const servers: net.Server[] = [];
  const start = async (server: net.Server, port: number, option: string): Promise<number> => {
    server.maxConnections = options.maxConnections;
    const bound = await listen(server, options.host, port, option);
    // Such as no file descriptor left for another client: the ones there are served on.
    server.on("error", (error) => environment.report("accept failed", { error: String(error) }));
    servers.push(server);
    return bound;
  };
  try {
    const { port, tlsPort, tls: files } = options;
    return {
      port: port === null ? null : await start(acceptor.plainServer(), port, "amqp-port"),
      tlsPort:
        tlsPort === null || files === null
          ? null
          : await start(acceptor.tlsServer(files), tlsPort, "amqp-tls-port"),
      statistics: () => acceptor.statistics(),
      close: () => closeAll(servers, acceptor),
    };
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
}

class Acceptor {
  readonly connections = new Map<net.Socket, AmqpConnection>();
  readonly #environment: AmqpEnvironment;
  readonly #turnEnd = new TurnEnd();
  readonly #chunk = allocateUnpooled(READ_CHUNK_BYTES);
  #acceptedCount = 0;

  constructor(environment: AmqpEnvironment) {
    this.#environment = environment;
  }

  plainServer(): net.Server {
    const server = net.createServer({ noDelay: true });
    server.on("connection", (accepted: net.Socket) => {
      let connection: AmqpConnection | null = null;
      const socket = readInto(
        accepted,
        () => this.#chunk,
        (chunk, bytes) => connection?.receive(chunk.subarray(0, bytes)),
      );
      connection = this.#connect(socket, { isLoopback: isLoopback(socket), certificateName: null });
    });
    return server;
  }

  tlsServer({ cert, key, ca }: TlsFiles): net.Server {
    const server = tls.createServer({
      ...{ cert, key, noDelay: true, minVersion: "TLSv1.2", handshakeTimeout: TLS_HANDSHAKE_TIMEOUT_MS },
      ...(ca === null ? {} : { ca, requestCert: true, rejectUnauthorized: false }),
    });
    server.on("secureConnection", (socket: tls.TLSSocket) => {
      const certificate = socket.getPeerCertificate();
      const isPresent = Object.keys(certificate).length > 0;
      if (isPresent && !socket.authorized) {
        this.#environment.report("tls client refused", { reason: String(socket.authorizationError) });
        socket.destroy();
        return;
      }
      const certificateName = isPresent ? commonName(certificate) : null;
      const connection = this.#connect(socket, { isLoopback: isLoopback(socket), certificateName });
      socket.on("data", (chunk: Buffer) => connection.receive(chunk));
    });
    server.on("tlsClientError", (error: Error) =>
      this.#environment.report("tls handshake failed", { reason: error.message }),
    );
    return server;
  }

  statistics(): ConnectionStatistics {
    return { connections: this.connections.size, acceptedConnections: this.#acceptedCount };
  }

  #connect(socket: net.Socket, peer: Peer): AmqpConnection {
    const id = ++this.#acceptedCount;
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const connection = new AmqpConnection(socket, this.#environment, this.#turnEnd, peer, id);
    this.connections.set(socket, connection);
    socket.once("close", () => this.connections.delete(socket));
    return connection;
  }
}

function commonName(certificate: tls.PeerCertificate): string | null {
  const name: string | string[] | undefined = certificate.subject.CN;
  return Array.isArray(name) ? (name[0] ?? null) : (name ?? null);
}

async function closeAll(servers: readonly net.Server[], acceptor: Acceptor): Promise<void> {
  const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
  for (const connection of acceptor.connections.values()) connection.stop();
  const limit = setTimeout(() => {
    for (const socket of acceptor.connections.keys()) socket.destroy();
  }, STOP_LIMIT_MS);
  await Promise.all(closed);
  clearTimeout(limit);
}
