/** The processes that hold idle connections, as one stage after another sees them. */
import type { Held, HeldProtocol, Released } from "../../load/hold.ts";
import type { Endpoint } from "../../load/protocol.ts";
import { LatencyHistogram } from "../../measure/histogram.ts";
import { allowConnections } from "../descriptor-limit.ts";
import type { Guard } from "../guard.ts";
import { LoadProcess } from "../load-process.ts";

/** So many a process: what it keeps for them stays small and its event loop free. */
const CONNECTIONS_PER_PROCESS = 25_000;
/** A broker that accepts fewer a second than this is given up. */
const LEAST_PER_SECOND = 20;
const GRACE_MS = 60_000;

export interface HoldRequest {
  readonly endpoint: Endpoint;
  readonly protocol: HeldProtocol;
  readonly connections: number;
  readonly openPerSecond: number;
  readonly openAtOnce: number;
}

export interface Opened {
  readonly connections: number;
  /** From the first connect until the last connection was accepted. */
  readonly seconds: number;
  readonly latencies: LatencyHistogram;
  /** Of one core, of the busiest process, in its busiest second. */
  readonly busiestShare: number;
}

export class HeldConnections implements AsyncDisposable {
  readonly opened: Opened;
  readonly #processes: readonly LoadProcess[];

  private constructor(processes: readonly LoadProcess[], opened: Opened) {
    this.#processes = processes;
    this.opened = opened;
  }

  /** Throws TARGET_UNREACHABLE, DRIVER_PROTOCOL, TARGET_START_FAILED where too few files may be open. */
  static async open(request: HoldRequest, guard: Guard): Promise<HeldConnections> {
    const { connections, openPerSecond, openAtOnce, endpoint, protocol } = request;
    await using started = new AsyncDisposableStack();
    const processes: LoadProcess[] = [];
    const count = Math.ceil(connections / CONNECTIONS_PER_PROCESS);
    while (processes.length < count) processes.push(started.use(await LoadProcess.start("holder")));
    const each = Math.ceil(connections / count);
    const answers = processes.map((process, index) => {
      const first = index * each;
      const own = Math.min(each, connections - first);
      allowConnections("the load generator", [process.pid], own);
      process.send({
        type: "hold",
        endpoint,
        protocol,
        connections: own,
        first,
        openPerSecond: openPerSecond / count,
        openAtOnce: Math.max(1, Math.floor(openAtOnce / count)),
      });
      return process.next("held");
    });
    const patienceMs = (connections / Math.min(openPerSecond, LEAST_PER_SECOND)) * 1e3 + GRACE_MS;
    const held = await guard.wait(Promise.all(answers), patienceMs, `opening ${connections} connections`);
    started.move();
    return new HeldConnections(processes, openedOf(connections, held));
  }

  get pids(): readonly number[] {
    return this.#processes.map(({ pid }) => pid);
  }

  /** Farewell on every connection, and its end. */
  async release(guard: Guard): Promise<Omit<Released, "type">> {
    const answers = this.#processes.map((process) => {
      process.send({ type: "release" });
      return process.next("released");
    });
    const patienceMs = (this.opened.connections / LEAST_PER_SECOND) * 1e3 + GRACE_MS;
    const all = await guard.wait(Promise.all(answers), patienceMs, "closing the connections");
    return {
      lost: all.reduce((sum, { lost }) => sum + lost, 0),
      reason: all.find(({ reason }) => reason !== null)?.reason ?? null,
      tookMs: Math.max(...all.map(({ tookMs }) => tookMs)),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process[Symbol.asyncDispose]()));
  }
}

function openedOf(connections: number, held: readonly Held[]): Opened {
  const latencies = new LatencyHistogram();
  for (const { histogram } of held) latencies.add(LatencyHistogram.decode(histogram));
  const firstUs = Math.min(...held.map((each) => each.firstUs));
  const lastUs = Math.max(...held.map((each) => each.lastUs));
  const busiestShare = Math.max(...held.map(({ process }) => process.busiestWindowShare));
  return { connections, seconds: (lastUs - firstUs) / 1e6, latencies, busiestShare };
}
