/** Entry of the sink's process: `main.ts kafka` or `main.ts amqp`. */
import { createServer, Socket } from "node:net";
import { announceAndServe, refuse } from "../listening.ts";
import type { Endpoint } from "../../load/protocol.ts";
import { QueueSink } from "./queue-sink.ts";
import { QueueSinkConnection } from "./queue-sink-connection.ts";
import { Sink } from "./sink.ts";
import { SinkConnection } from "./sink-connection.ts";

const CHUNK_BYTES = 512 * 1024;

let endpoint: Endpoint = { host: "127.0.0.1", port: 0 };
const sink = new Sink(() => endpoint);
/** One for all connections: what is in it is dealt with before the next read. */
const chunk = Buffer.allocUnsafe(CHUNK_BYTES);

const protocol = process.argv[2] === "amqp" ? "amqp" : "kafka";
const queues = new QueueSink();

const server = createServer(
  { pauseOnConnect: true, noDelay: true },
  protocol === "amqp" ? serveQueues : serveLog,
);

function serveLog(accepted: Socket): void {
  const socket = readingInto(accepted, chunk, (length) => {
    try {
      connection.push(chunk, length);
    } catch (error) {
      refuse(socket, error);
    }
    return !socket.destroyed;
  });
  const connection = new SinkConnection(socket, sink);
  watch(socket);
}

/** Frames are taken whole, so what is left of one waits at the front of the connection's own buffer. */
function serveQueues(accepted: Socket): void {
  const bytes = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let used = 0;
  const socket = readingInto(
    accepted,
    () => bytes.subarray(used),
    (length) => {
      try {
        const taken = connection.push(bytes, 0, used + length);
        bytes.copyWithin(0, taken, used + length);
        used += length - taken;
      } catch (error) {
        refuse(socket, error);
      }
      return !socket.destroyed;
    },
  );
  const connection = new QueueSinkConnection(socket, queues);
  socket.once("close", () => connection.close());
  watch(socket);
}

function watch(socket: Socket): void {
  socket.on("error", () => socket.destroy());
  socket.on("end", () => socket.destroy());
  socket.resume();
}

/**
 * Node reads a socket into a buffer of ours (`onread`) only where it makes the socket itself; an accepted connection's
 * handle is handed over for that. The handle is no public name; the sink is our own tool on a Node that is pinned.
 */
function readingInto(
  accepted: Socket,
  buffer: Buffer | (() => Buffer),
  read: (length: number) => boolean,
): Socket {
  const { _handle: handle } = accepted as unknown as { _handle: unknown };
  const onread = { buffer, callback: read };
  return new Socket({ handle, onread, allowHalfOpen: false } as ConstructorParameters<typeof Socket>[0]);
}

announceAndServe(server, protocol, ({ address, port }) => {
  endpoint = { host: address, port };
});
