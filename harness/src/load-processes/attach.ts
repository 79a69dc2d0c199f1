/**
 * Waiting for a broker that is being started, as a client does that wants its messages: it tries again and again, first to
 * connect, then to be greeted and told that every queue or partition is there.
 */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { AmqpAdmin } from "../drivers/amqp/admin.ts";
import { KafkaAdmin } from "../drivers/kafka/admin.ts";
import { HarnessError } from "../errors.ts";
import type { Attached, AttachOptions, Endpoint, PrepareLoad } from "../load/protocol.ts";

/** Throws TARGET_UNREACHABLE with the last obstacle when the time is over. */
export async function attach(
  load: PrepareLoad,
  { retryMs, timeoutMs }: AttachOptions,
  nowUs: () => number,
): Promise<Attached> {
  const deadlineUs = nowUs() + timeoutMs * 1e3;
  const untilDone = async (attempt: () => Promise<void>): Promise<number> => {
    for (;;) {
      const beganUs = nowUs();
      try {
        await attempt();
        return nowUs();
      } catch (error) {
        if (!isObstacle(error)) throw error;
        if (nowUs() > deadlineUs) throw outOfTime(timeoutMs, error);
      }
      await sleep(Math.max(0, retryMs - (nowUs() - beganUs) / 1e3));
    }
  };
  const acceptedUs = await untilDone(() => knock(load.endpoint));
  const servedUs = await untilDone(() => askForAll(load));
  return { acceptedUs: Math.round(acceptedUs), servedUs: Math.round(servedUs) };
}

function knock({ host, port }: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once("error", (error) => {
      reject(new HarnessError("TARGET_UNREACHABLE", error.message, { cause: error }));
    });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}

async function askForAll(load: PrepareLoad): Promise<void> {
  const { endpoint, topic } = load;
  if (load.kind === "queues") {
    await using admin = await AmqpAdmin.connect(endpoint);
    for (const queue of load.queues) await admin.depth(topic, queue);
  } else {
    await using admin = await KafkaAdmin.connect(endpoint);
    await admin.logEnds(topic, load.partitions);
  }
}

/** A refusal may be that of a broker that has not recovered the queue yet. */
function isObstacle(error: unknown): error is HarnessError {
  return (
    error instanceof HarnessError && (error.code === "TARGET_UNREACHABLE" || error.code === "DRIVER_PROTOCOL")
  );
}

function outOfTime(timeoutMs: number, cause: HarnessError): HarnessError {
  const message = `the broker did not serve within ${timeoutMs / 1000} s of its start: ${cause.message}`;
  return new HarnessError("TARGET_UNREACHABLE", message, { cause });
}
