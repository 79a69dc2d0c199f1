import { Socket } from "node:net";

/** What of Node's sockets has no public name. */
interface Accepted {
  _handle: unknown;
  /** The server that counts the socket until it is destroyed. */
  _server: unknown;
}

/**
 * Reads an accepted connection into buffers that `nextBuffer` names before each read; `read` gets the buffer and the
 * byte count and must be done with a shared buffer when it returns. Node reads into given buffers (`onread`) only where
 * it makes the socket itself, so the accepted connection's handle is moved into a socket of ours, which the server then
 * counts in place of the accepted one; that one is garbage.
 */
export function readInto(
  accepted: Socket,
  nextBuffer: () => Buffer,
  read: (buffer: Buffer, bytes: number) => void,
): Socket {
  const from = accepted as unknown as Accepted;
  const onread = {
    buffer: nextBuffer,
    callback: (bytes: number, buffer: Buffer) => {
      read(buffer, bytes);
      return true;
    },
  };
  const socket = new Socket({ handle: from._handle, onread } as ConstructorParameters<typeof Socket>[0]);
  (socket as unknown as Accepted)._server = from._server;
  from._handle = null;
  from._server = null;
  return socket;
}
