/** What must not change while a job runs: after a move to another machine, or a restart, rounds do not compare. */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** `boot 1b2c…; 2 x CPU model; clock tsc` */
export function readMachine(): string {
  const processors = cpus();
  const boot = read("/proc/sys/kernel/random/boot_id") ?? "unknown";
  const clock = read("/sys/devices/system/clocksource/clocksource0/current_clocksource") ?? "unknown";
  return `boot ${boot}; ${processors.length} x ${processors[0]?.model.trim() ?? "unknown"}; clock ${clock}`;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}
