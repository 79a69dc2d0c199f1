/** From spawning the process until its first produce is accepted, on an empty data directory. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { startBroker, type TargetName } from "../test/support/broker-process.ts";
import { connectWhenReady, createTopic, produceWhenLed } from "../test/support/client.ts";
import { encodeBatch } from "../test/support/wire-batch.ts";

/** Milliseconds; covers listening, creating a topic of one partition, and one produce with acks=all. */
export async function startToFirstProduceMs(target: TargetName, entry: string): Promise<number> {
  const broker = await startBroker({ target, entry });
  const listeningAt = performance.now();
  try {
    const connection = await connectWhenReady(broker.host, broker.port);
    await createTopic(connection, "startup", 1);
    await produceWhenLed(connection, "startup", 0, encodeBatch([{ value: Buffer.from("first") }]));
    const sinceListeningMs = performance.now() - listeningAt;
    connection.close();
    return broker.startupMs + sinceListeningMs;
  } finally {
    await broker.discard();
  }
}

/** What Node itself takes to start and end: the floor under any broker written for it. */
export async function bareNodeMs(): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ["-e", "0"], { stdio: "ignore" });
  await once(child, "exit");
  return performance.now() - startedAt;
}
