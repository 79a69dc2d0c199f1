/** A process that only accepts connections: what a socket costs a program on Node that does nothing with it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Endpoint } from "../../load/protocol.ts";
import { startProcess } from "../process.ts";
import { announcedEndpoint, duringStart } from "../started-broker.ts";

export interface BareListener extends AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly pid: number;
  readonly died: Promise<never>;
}

/** Throws TARGET_START_FAILED, or the signal's reason. */
export async function startBareListener(signal: AbortSignal): Promise<BareListener> {
  signal.throwIfAborted();
  await using resources = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "brokermark-bare-"));
  resources.defer(() => rm(directory, { recursive: true, force: true }));
  const entry = fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url));
  const listener = resources.use(
    await startProcess({
      label: "bare",
      command: process.execPath,
      args: ["--single-threaded-gc", entry],
      directory,
      announces: true,
    }),
  );
  return await duringStart(listener, "bare", signal, async () => {
    const endpoint = announcedEndpoint("bare", listener.logFile, await listener.announced());
    const owned = resources.move();
    const { pid, died } = listener;
    return { endpoint, pid, died, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  });
}
