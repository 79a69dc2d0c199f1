/**
 * Process groups that must not outlive the harness. Each broker leads a group of its own, so a Ctrl-C of the terminal
 * does not reach it: whoever started it ends it, and this list is the last resort when the harness ends any other way.
 */
import { constants } from "node:os";

const groups = new Set<number>();

const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Keeps the group of `pid` on the list until `forgetGroup`. */
export function rememberGroup(pid: number): void {
  if (groups.size === 0) {
    process.on("exit", killRemembered);
    for (const signal of ENDING_SIGNALS) process.on(signal, onSignal);
  }
  groups.add(pid);
}

export function forgetGroup(pid: number): void {
  if (!groups.delete(pid) || groups.size > 0) return;
  process.off("exit", killRemembered);
  for (const signal of ENDING_SIGNALS) process.off(signal, onSignal);
}

/** False when no process of the group is left. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    // EPERM: there is a process of the group, it merely is not ours any more (or a zombie on macOS).
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Somebody else who listens (the CLI) winds up in order and disposes; alone, we must end the process ourselves. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) === 1) process.exit(128 + constants.signals[signal]);
}

function killRemembered(): void {
  for (const pid of groups) signalGroup(pid, "SIGKILL");
}
