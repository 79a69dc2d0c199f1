/** One raw connection: requests may be pipelined, answers are matched in order by correlation id. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { frame, type Request } from "./wire-requests.ts";

interface Waiting {
  readonly correlationId: number;
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
}

export class Connection {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #pending: Buffer = Buffer.alloc(0);
  #nextCorrelationId = 1;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#failAll(new Error("connection closed by the broker")));
  }

  static async open(host: string, port: number): Promise<Connection> {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, "connect");
    return new Connection(socket);
  }

  /** The response body after its header (v0: the correlation id alone). Rejects when the broker closes. */
  send(request: Request): Promise<Buffer> {
    const correlationId = this.#nextCorrelationId++;
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error("connection closed by the broker"));
      this.#waiting.push({ correlationId, resolve, reject });
      this.#socket.write(frame(request, correlationId));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 4) {
      const size = this.#pending.readInt32BE(0);
      if (this.#pending.length < 4 + size) return;
      const bytes = this.#pending.subarray(4, 4 + size);
      this.#pending = this.#pending.subarray(4 + size);
      const waiting = this.#waiting.shift();
      const correlationId = bytes.readInt32BE(0);
      if (waiting === undefined || waiting.correlationId !== correlationId) {
        waiting?.reject(new Error(`answer ${correlationId} where ${waiting.correlationId} was due`));
        this.#socket.destroy();
        return;
      }
      waiting.resolve(bytes.subarray(4));
    }
  }

  #failAll(error: Error): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }
}
