import { EXIT } from "../exit-codes.ts";

type Interruption = "SIGINT" | "SIGTERM";

let controller: AbortController | null = null;
let received: Interruption | null = null;

/**
 * Aborts at the first SIGINT or SIGTERM, so that a command can stop its targets; a second signal ends the process
 * at once. Handlers are installed on the first call only: a command that starts nothing dies of the signal as usual.
 */
export function interruptionSignal(): AbortSignal {
  if (controller !== null) return controller.signal;
  controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (received !== null) process.exit(exitCodeOf(received));
      received = name;
      process.stderr.write(`\n${name}: stopping; once more to leave at once\n`);
      controller?.abort(new Error(`interrupted by ${name}`));
    });
  }
  return controller.signal;
}

/** The signal that asked this process to end, if any. */
export function interruptedBy(): Interruption | null {
  return received;
}

export function exitCodeOf(signal: Interruption): number {
  return signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
}
