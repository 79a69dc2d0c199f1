import { connect, type Socket } from "node:net";
import type { Handshake } from "../drivers/handshake.ts";
import { HarnessError } from "../errors.ts";
import type { Held, HoldConnections, Released } from "../load/hold.ts";
import { LatencyHistogram } from "../measure/histogram.ts";
import { sourceAddress } from "./source-address.ts";

const OPEN_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 30_000;
/** Grain of a timer; what has become due meanwhile is opened together. */
const PACE_MS = 1;

export interface HolderDeps {
  readonly nowUs: () => number;
  readonly handshake: () => Handshake;
}

interface HeldConnection {
  readonly socket: Socket;
  readonly handshake: Handshake;
  closing: boolean;
}

/** Many connections on which nothing happens once they are accepted. Not reused after `release`. */
export class ConnectionHolder {
  readonly #options: HoldConnections;
  readonly #deps: HolderDeps;
  readonly #connections = new Set<HeldConnection>();
  readonly #latencies = new LatencyHistogram();
  #lost = 0;
  #reason: string | null = null;

  constructor(options: HoldConnections, deps: HolderDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Resolves when the broker has accepted every one. Throws HarnessError at the first that it does not accept. */
  async open(): Promise<Pick<Held, "firstUs" | "lastUs" | "histogram">> {
    const { nowUs } = this.#deps;
    const { connections, openPerSecond, openAtOnce, first } = this.#options;
    const firstUs = nowUs();
    const due = () => Math.floor(((nowUs() - firstUs) / 1e6) * openPerSecond) + 1;
    await inTurn(connections, openAtOnce, async (index) => {
      while (due() <= index) await new Promise((resolve) => setTimeout(resolve, PACE_MS));
      const beganUs = nowUs();
      this.#connections.add(await this.#openOne(first + index));
      this.#latencies.record(nowUs() - beganUs);
    });
    return { firstUs, lastUs: nowUs(), histogram: this.#latencies.encode() };
  }

  async release(): Promise<Omit<Released, "type">> {
    const { nowUs } = this.#deps;
    const beganUs = nowUs();
    const left = [...this.#connections];
    await inTurn(left.length, this.#options.openAtOnce, (index) => this.#closeOne(left[index]!));
    return { lost: this.#lost, reason: this.#reason, tookMs: (nowUs() - beganUs) / 1e3 };
  }

  /** Without a farewell. */
  drop(): void {
    for (const each of this.#connections) {
      each.closing = true;
      each.socket.destroy();
    }
    this.#connections.clear();
  }

  async #openOne(place: number): Promise<HeldConnection> {
    const { host, port } = this.#options.endpoint;
    const localAddress = sourceAddress(host, place);
    const socket = connect({ host, port, noDelay: true, ...(localAddress === null ? {} : { localAddress }) });
    const connection: HeldConnection = { socket, handshake: this.#deps.handshake(), closing: false };
    const { handshake } = connection;
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error): void => {
        connection.closing = true;
        socket.destroy();
        reject(this.#unopened(place, error));
      };
      const timer = setTimeout(() => fail(new Error("not accepted in time")), OPEN_TIMEOUT_MS);
      const settle = (): void => {
        if (handshake.state !== "ready") return;
        clearTimeout(timer);
        resolve();
      };
      socket.once("connect", () => {
        write(socket, handshake.greeting());
        settle();
      });
      socket.on("data", (bytes) => {
        try {
          write(socket, handshake.receive(bytes));
        } catch (error) {
          socket.destroy(error as Error);
          return;
        }
        settle();
      });
      let reason: Error | null = null;
      socket.on("error", (error) => {
        reason = error;
      });
      socket.once("close", () => {
        clearTimeout(timer);
        this.#ended(connection, reason);
        fail(reason ?? new Error("closed by the broker"));
      });
    });
    return connection;
  }

  /** Of a connection that was held: nobody here asked for its end. */
  #ended(connection: HeldConnection, reason: Error | null): void {
    if (!this.#connections.delete(connection) || connection.closing) return;
    this.#lost++;
    this.#reason ??= reason?.message ?? "closed by the broker";
  }

  async #closeOne(connection: HeldConnection): Promise<void> {
    const { socket, handshake } = connection;
    if (socket.destroyed) return;
    connection.closing = true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS);
      socket.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      write(socket, handshake.farewell());
      const end = (): void => {
        if (handshake.state === "ended") socket.end();
      };
      // After the listener that hands what arrives to the handshake.
      socket.on("data", end);
      end();
    });
  }

  #unopened(place: number, cause: Error): HarnessError {
    if (cause instanceof HarnessError) return cause;
    const { host, port } = this.#options.endpoint;
    const code = (cause as NodeJS.ErrnoException).code;
    const hint = code === undefined ? undefined : HINTS[code];
    const message = `connection ${place + 1} to ${host}:${port}: ${cause.message}`;
    return new HarnessError("TARGET_UNREACHABLE", message, {
      cause,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

const HINTS: Readonly<Record<string, string>> = {
  EMFILE: "this process may open no more files: raise `ulimit -n`, or ask for fewer connections",
  EADDRNOTAVAIL: "no source port is left: widen net.ipv4.ip_local_port_range, or ask for fewer connections",
};

function write(socket: Socket, bytes: Buffer): void {
  if (bytes.length > 0) socket.write(bytes);
}

/** Work 0 to count - 1 in this order, at most `atOnce` of it under way; the first failure ends it. */
async function inTurn(count: number, atOnce: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < count && !failed) {
      try {
        await work(next++);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
}
