/** How each target is told to keep to so much memory: by an option of its own. */
import { HarnessError } from "../errors.ts";
import type { TargetName } from "./target.ts";

/** The reference broker: its budget; RabbitMQ: where it blocks publishers, for it pages whatever is free. */
const OPTIONS: Partial<Readonly<Record<TargetName, string>>> = {
  reference: "memory-limit-bytes",
  rabbitmq: "vm_memory_high_watermark.absolute",
};

/** Options to add to those of `--target`. null: as shipped. Throws USAGE where a limit was asked for and cannot be set. */
export function memoryLimitOptions(name: TargetName, limitBytes: number | null): Record<string, string> {
  if (limitBytes === null) return {};
  const option = OPTIONS[name];
  if (option !== undefined) return { [option]: String(limitBytes) };
  throw new HarnessError("USAGE", `target ${name} has no memory limit that could be set`, {
    hint: "limit it yourself, and run with --set memoryLimitBytes=null",
  });
}
