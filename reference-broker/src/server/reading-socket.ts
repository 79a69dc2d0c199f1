import { Socket } from "node:net";

/**
 * Reads an accepted connection into `chunk`, one for all connections: `read` gets the byte count and must be done with
 * the bytes when it returns. Node reads into a given buffer (`onread`) only where it makes the socket itself, so the
 * accepted connection's handle is moved into a socket of ours; the server still counts the accepted one until it ends.
 */
export function readInto(accepted: Socket, chunk: Buffer, read: (bytes: number) => void): Socket {
  const holder = accepted as unknown as { _handle: unknown };
  const handle = holder._handle;
  holder._handle = null;
  const onread = {
    buffer: chunk,
    callback: (bytes: number) => {
      read(bytes);
      return true;
    },
  };
  const socket = new Socket({ handle, onread } as ConstructorParameters<typeof Socket>[0]);
  socket.once("close", () => accepted.destroy());
  return socket;
}
