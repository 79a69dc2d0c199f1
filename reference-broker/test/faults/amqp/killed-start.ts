/** A start of the broker that is killed before, while or just after it recovers. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { durabilityFromEnvironment } from "../../support/broker-process.ts";

const ENTRY = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

export async function startAndKill(dataDir: string, afterMs: number): Promise<void> {
  const child = spawn(
    process.execPath,
    [
      ...["--single-threaded-gc", ENTRY, "--data-dir", dataDir, "--host", "127.0.0.1", "--port", "0"],
      ...["--durability", durabilityFromEnvironment()],
    ],
    { stdio: "ignore" },
  );
  const exited = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), afterMs);
  const [code] = await exited;
  clearTimeout(timer);
  if (code !== null) throw new Error(`the broker ended with ${code} before it was killed`);
}
