/** Entry of the sink's process. */
import { createServer, Socket } from "node:net";
import { announceAndServe, refuse } from "../listening.ts";
import type { Endpoint } from "../../load/protocol.ts";
import { Sink } from "./sink.ts";
import { SinkConnection } from "./sink-connection.ts";

const CHUNK_BYTES = 512 * 1024;

let endpoint: Endpoint = { host: "127.0.0.1", port: 0 };
const sink = new Sink(() => endpoint);
/** One for all connections: what is in it is dealt with before the next read. */
const chunk = Buffer.allocUnsafe(CHUNK_BYTES);

const server = createServer({ pauseOnConnect: true, noDelay: true }, (accepted) => {
  const socket = readingIntoChunk(accepted, (length) => {
    try {
      connection.push(chunk, length);
    } catch (error) {
      refuse(socket, error);
    }
    return !socket.destroyed;
  });
  const connection = new SinkConnection(socket, sink);
  socket.on("error", () => socket.destroy());
  socket.on("end", () => socket.destroy());
  socket.resume();
});

/**
 * Node reads a socket into a buffer of ours (`onread`) only where it makes the socket itself; an accepted connection's
 * handle is handed over for that. The handle is no public name; the sink is our own tool on a Node that is pinned.
 */
function readingIntoChunk(accepted: Socket, read: (length: number) => boolean): Socket {
  const { _handle: handle } = accepted as unknown as { _handle: unknown };
  const onread = { buffer: chunk, callback: read };
  return new Socket({ handle, onread, allowHalfOpen: false } as ConstructorParameters<typeof Socket>[0]);
}

announceAndServe(server, ({ address, port }) => {
  endpoint = { host: address, port };
});
