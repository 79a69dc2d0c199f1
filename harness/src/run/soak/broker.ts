/** A reference broker with all its listeners, for a soak: both protocols and HTTP at once. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Endpoint } from "../../load/protocol.ts";
import { startProcess } from "../../targets/process.ts";
import { referenceBrokerCommand } from "../../targets/reference.ts";
import { announcedEndpoint, duringStart, waitForMessage } from "../../targets/started-broker.ts";

const START_TIMEOUT_MS = 30_000;

export interface SoakedBroker extends AsyncDisposable {
  readonly kafka: Endpoint;
  readonly amqp: Endpoint;
  readonly http: Endpoint;
  readonly pid: number;
  readonly version: string;
  readonly died: Promise<never>;
}

/** `args`: further arguments of the broker. Throws TARGET_START_FAILED, or the signal's reason. */
export async function startSoakedBroker(args: readonly string[], signal: AbortSignal): Promise<SoakedBroker> {
  signal.throwIfAborted();
  await using resources = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "brokermark-soak-"));
  resources.defer(() => rm(directory, { recursive: true, force: true }));
  const ports = ["--host", "127.0.0.1", "--port", "0", "--amqp-port", "0", "--http-port", "0"];
  const broker = resources.use(
    await startProcess({
      label: "reference",
      command: process.execPath,
      args: referenceBrokerCommand(["--data-dir", join(directory, "data"), ...ports, ...args]),
      directory,
      announces: true,
    }),
  );
  return await duringStart(broker, "reference", signal, async (combined) => {
    const listening = (protocol: string) =>
      broker.announced((line) => (line as { protocol?: unknown }).protocol === protocol);
    const endpointOf = async (protocol: string) =>
      announcedEndpoint("reference", broker.logFile, await listening(protocol));
    const [kafka, amqp, http] = [
      await endpointOf("kafka"),
      await endpointOf("amqp"),
      await endpointOf("http"),
    ];
    await waitForMessage("amqp", amqp, combined, START_TIMEOUT_MS);
    const { version } = (await listening("kafka")) as { version?: unknown };
    const owned = resources.move();
    return {
      ...{ kafka, amqp, http },
      pid: broker.pid,
      version: String(version),
      died: broker.died,
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  });
}
