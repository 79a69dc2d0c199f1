/** Every injector by kind; loaded only when it is asked for. */
import { countersOf } from "../src/base/statistics.ts";
import { type MetricSource, metricSource } from "../src/protocols/http/metrics/source.ts";
import type { Injector } from "./injector.ts";
import { parseSpec, readParameters } from "./parse-spec.ts";
import { showInConfiguration } from "./show-in-configuration.ts";
import { INJECTOR_STATISTICS } from "./statistics.ts";

const INJECTORS: Readonly<Record<string, () => Promise<{ readonly injector: Injector }>>> = {
  cpu: () => import("./cpu.ts"),
  "cpu-share": () => import("./cpu-share.ts"),
  delay: () => import("./delay.ts"),
  leak: () => import("./leak.ts"),
  "slow-start": () => import("./slow-start.ts"),
  stall: () => import("./stall.ts"),
};

export const INJECTOR_KINDS = Object.keys(INJECTORS);

/** Applies them in their order and says what they count. Throws BAD_OPTION for what is no injector, before any is applied. */
export async function applyInjectors(texts: readonly string[]): Promise<MetricSource> {
  const ready = await Promise.all(
    texts.map(async (text) => {
      const spec = parseSpec(text, INJECTOR_KINDS);
      const { injector } = await INJECTORS[spec.kind]!();
      return { injector, values: readParameters(text, spec, injector.parameters) };
    }),
  );
  const counters = countersOf(INJECTOR_STATISTICS);
  for (const { injector, values } of ready) injector.apply(values, counters);
  showInConfiguration(texts);
  return metricSource("injector", INJECTOR_STATISTICS, () => counters);
}
