/** Proof that an AMQP broker works: a durable queue, a persistent message published, confirmed and got back. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { HarnessError } from "../../errors.ts";
import type { Endpoint } from "../../load/protocol.ts";
import { AmqpControl } from "./connection.ts";

export interface QueueProbeOptions {
  readonly endpoint: Endpoint;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

const RETRY_MS = 25;
/** A refused login is answered after a second's penalty, and does not mend. */
const REFUSED = /it refuses: (403|530)/;

/** Tries again until a message has travelled. Throws the abort reason, or TARGET_UNREACHABLE with the last obstacle. */
export async function probeQueue(options: QueueProbeOptions): Promise<void> {
  const { signal, timeoutMs } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt(options);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof HarnessError) || error.code !== "TARGET_UNREACHABLE") throw error;
      if (REFUSED.test(error.message)) throw error;
      if (performance.now() > deadline) {
        throw new HarnessError(
          "TARGET_UNREACHABLE",
          `no message travelled within ${Math.round(timeoutMs / 1000)} s: ${error.message}`,
          { cause: error },
        );
      }
    }
    await sleep(RETRY_MS);
  }
}

async function attempt({ endpoint, signal }: QueueProbeOptions): Promise<void> {
  using connection = await AmqpControl.open(endpoint, signal);
  const body = randomBytes(16);
  await withQueue(connection, async (queue) => {
    await connection.call("confirmSelect", {}, "confirmSelectOk");
    if (!(await connection.publish(queue, body)))
      throw obstacle(endpoint, "the probe message was refused (nack)");
    const got = await connection.get(queue);
    if (got === null || !got.equals(body)) throw obstacle(endpoint, "the probe message did not come back");
  });
}

export const DURABLE = 0b10;
/** Should `work` fail, the broker deletes the queue by itself. */
export const PROBE_QUEUE_ARGUMENTS = { "x-expires": 60_000 };

/** Runs `work` with a durable queue of the broker's default type, and deletes the queue. */
export async function withQueue<T>(connection: AmqpControl, work: (queue: string) => Promise<T>): Promise<T> {
  const queue = `brokermark-probe-${randomBytes(6).toString("hex")}`;
  await connection.call(
    "queueDeclare",
    { queue, bits: DURABLE, arguments: PROBE_QUEUE_ARGUMENTS },
    "queueDeclareOk",
  );
  const result = await work(queue);
  await connection.call("queueDelete", { queue }, "queueDeleteOk");
  return result;
}

function obstacle({ host, port }: Endpoint, why: string): HarnessError {
  return new HarnessError("TARGET_UNREACHABLE", `broker at ${host}:${port}: ${why}`);
}
