/** How each target is told to accept so many connections, where its shipped limit may be lower. */
import type { TargetName } from "./target.ts";

/** Of the reference broker, for each port; Kafka and RabbitMQ are shipped without a limit of their own. */
const OPTIONS: Partial<Readonly<Record<TargetName, string>>> = { reference: "max-connections" };

/** Options to add to those of `--target`; none where the workload does not say how many it opens. */
export function connectionLimitOptions(
  name: TargetName,
  connections: number | null,
): Readonly<Record<string, string>> {
  const option = OPTIONS[name];
  return connections === null || option === undefined ? {} : { [option]: String(connections) };
}
