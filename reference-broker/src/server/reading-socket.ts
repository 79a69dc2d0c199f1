import { Socket } from "node:net";

/**
 * Reads an accepted connection into buffers that `nextBuffer` names before each read; `read` gets the buffer and the
 * byte count and must be done with a shared buffer when it returns. Node reads into given buffers (`onread`) only where
 * it makes the socket itself, so the accepted connection's handle is moved into a socket of ours; the server still
 * counts the accepted one until it ends.
 */
export function readInto(
  accepted: Socket,
  nextBuffer: () => Buffer,
  read: (buffer: Buffer, bytes: number) => void,
): Socket {
  const holder = accepted as unknown as { _handle: unknown };
  const handle = holder._handle;
  holder._handle = null;
  const onread = {
    buffer: nextBuffer,
    callback: (bytes: number, buffer: Buffer) => {
      read(buffer, bytes);
      return true;
    },
  };
  const socket = new Socket({ handle, onread } as ConstructorParameters<typeof Socket>[0]);
  socket.once("close", () => accepted.destroy());
  return socket;
}
