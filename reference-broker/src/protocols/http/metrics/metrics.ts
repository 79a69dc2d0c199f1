/**
 * Metrics in Prometheus' text format. Values are read from plain fields when somebody scrapes, so that counting costs the
 * broker's paths an addition; prom-client, which writes the format, is loaded with the first scrape.
 */
import type { Counter, Gauge, Registry } from "prom-client";
import type { Statistic, StatisticTable } from "../../../base/statistics.ts";
import { snakeCase } from "../field-json.ts";
import type { MetricSource, ObjectSource, ObjectValues } from "./source.ts";

const PREFIX = "brokermark";
/** Of each kind: more would take the broker's time from its work. */
const MAX_OBJECTS = 2000;
const LEFT_OUT = `${PREFIX}_objects_left_out`;

export interface MetricText {
  readonly contentType: string;
  readonly text: string;
}

type PromClient = typeof import("prom-client");
type Metric = Counter | Gauge;

/** The name of a statistic as a metric, after Prometheus' rules: unit last, then `total`. */
export function metricName(prefix: string, name: string, { kind }: Statistic): string {
  return `${PREFIX}_${prefix}_${snakeCase(name)}${kind === "counter" ? "_total" : ""}`;
}

export class Metrics {
  readonly #sources: readonly MetricSource[];
  readonly #objectSources: readonly ObjectSource[];
  #broker: Promise<BrokerRegistry> | null = null;
  #objects: Promise<ObjectRegistry> | null = null;

  constructor(sources: readonly MetricSource[], objectSources: readonly ObjectSource[]) {
    this.#sources = sources;
    this.#objectSources = objectSources;
  }

  async ofBroker(): Promise<MetricText> {
    this.#broker ??= import("prom-client").then((client) => new BrokerRegistry(client, this.#sources));
    return await (await this.#broker).scrape();
  }

  async ofObjects(): Promise<MetricText> {
    this.#objects ??= import("prom-client").then((client) => new ObjectRegistry(client, this.#objectSources));
    return await (await this.#objects).scrape();
  }
}

/** One metric for each row. */
class BrokerRegistry {
  readonly #registry: Registry;
  readonly #rows: { readonly source: MetricSource; readonly metrics: ReadonlyMap<string, Metric> }[];

  constructor(client: PromClient, sources: readonly MetricSource[]) {
    this.#registry = new client.Registry();
    this.#rows = sources.map((source) => ({
      source,
      metrics: makeMetrics(client, this.#registry, source.prefix, source.table, []),
    }));
  }

  async scrape(): Promise<MetricText> {
    const values = await Promise.all(this.#rows.map(({ source }) => source.read()));
    this.#rows.forEach(({ metrics }, index) => {
      for (const [name, metric] of metrics) set(metric, {}, values[index]![name]!);
    });
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}

/** One metric for each row, one value in it for each object. */
class ObjectRegistry {
  readonly #registry: Registry;
  readonly #leftOut: Gauge;
  readonly #rows: { readonly source: ObjectSource; readonly metrics: ReadonlyMap<string, Metric> }[];

  constructor(client: PromClient, sources: readonly ObjectSource[]) {
    this.#registry = new client.Registry();
    this.#rows = sources.map((source) => ({
      source,
      metrics: makeMetrics(client, this.#registry, source.prefix, source.table, source.labelNames),
    }));
    this.#leftOut = new client.Gauge({
      name: LEFT_OUT,
      help: `objects of a kind beyond the first ${MAX_OBJECTS}, which have no metrics here`,
      labelNames: ["kind"],
      registers: [this.#registry],
    });
  }

  /** All within one turn, so that two scrapes at once cannot mix. */
  async scrape(): Promise<MetricText> {
    for (const { source, metrics } of this.#rows) {
      for (const metric of metrics.values()) metric.reset();
      this.#leftOut.set({ kind: source.prefix }, this.#fill(metrics, source.objects()));
    }
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #fill(metrics: ReadonlyMap<string, Metric>, objects: Iterable<ObjectValues>): number {
    let count = 0;
    for (const { labels, values } of objects) {
      if (++count > MAX_OBJECTS) continue;
      for (const [name, metric] of metrics) add(metric, labels, values[name]!);
    }
    return Math.max(0, count - MAX_OBJECTS);
  }
}

function makeMetrics(
  client: PromClient,
  registry: Registry,
  prefix: string,
  table: StatisticTable,
  labelNames: readonly string[],
): ReadonlyMap<string, Metric> {
  return new Map(
    Object.entries(table).map(([name, statistic]) => {
      const { kind, help } = statistic;
      const options = {
        ...{ name: metricName(prefix, name, statistic), help: `${help[0]!.toUpperCase()}${help.slice(1)}.` },
        ...{ labelNames: [...labelNames], registers: [registry] },
      };
      return [name, kind === "counter" ? new client.Counter(options) : new client.Gauge(options)] as const;
    }),
  );
}

function set(metric: Metric, labels: Readonly<Record<string, string>>, value: number): void {
  metric.reset();
  add(metric, labels, value);
}

/** A counter of the client only rises; what it shows here was counted elsewhere. */
function add(metric: Metric, labels: Readonly<Record<string, string>>, value: number): void {
  metric.inc(labels, value);
}
