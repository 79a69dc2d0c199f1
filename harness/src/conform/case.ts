/** What a conformance case is. Cases live in `harness/conformance/<suite>/`; nothing here knows a protocol. */

export type Level = "must" | "should";

/**
 * Accepted outcomes of one step, by name: brokers differ in code and level for the same misuse, so expectations are
 * sets. `nonStrict` is tolerated and reported.
 */
export interface Accepted {
  readonly ok: readonly string[];
  readonly nonStrict: readonly string[];
}

/** Ids in capitals as in the catalogue, e.g. A-CONN-05; a letter where a row has several cases. */
export interface ConformanceCase<Context> {
  readonly id: string;
  readonly level: Level;
  /** One sentence, what the broker has to do. */
  readonly requirement: string;
  /** Rule of the specification, page of the documentation or test it comes from. */
  readonly source: string;
  /** By step; without it a case passes when its assertions hold. */
  readonly outcomes?: Readonly<Record<string, Accepted>>;
  /** Found by probing, never from a product's name. */
  readonly requires?: readonly string[];
  /** Mutants of the reference broker that it fails on. */
  readonly kills?: readonly string[];
  /** The real broker whose answer it was adjusted to, or `source`. */
  readonly calibrated: string;
  /** Why nothing else may run beside it: it restarts or alarms the broker, or measures time closely. */
  readonly alone?: string;
  /** It judges time: when it fails beside others it is run again alone, and only that counts. */
  readonly timed?: boolean;
  run(context: Context): Promise<void>;
}

export interface Suite<Context> {
  readonly name: string;
  readonly cases: readonly ConformanceCase<Context>[];
  /** Users and virtual hosts that a target is started with, as a definitions file in RabbitMQ's form. */
  definitions(): string;
  /** Connects, probes capabilities, and gives what cases run with. Throws HarnessError when nobody answers. */
  open(environment: SuiteEnvironment): Promise<SuiteSession<Context>>;
}

export interface SuiteEnvironment {
  /** Where the broker listens now; changes with a restart. */
  readonly broker: BrokerUnderTest;
  readonly signal: AbortSignal;
}

export interface SuiteSession<Context> extends AsyncDisposable {
  /** Capability -> what showed it, or null with the reason why it is missing. */
  readonly capabilities: ReadonlyMap<string, Capability>;
  /** A context for one case. `slot` numbers what runs side by side: each has a control connection of its own. */
  begin(test: ConformanceCase<Context>, seed: number, slot: number): Promise<RunningCase<Context>>;
}

export interface Capability {
  readonly present: boolean;
  readonly evidence: string;
}

export interface RunningCase<Context> {
  readonly context: Context;
  /** Closes what the case opened, removes what it made, and proves that the control connection lives. */
  finish(): Promise<void>;
  /** Accepted outcomes that only a lenient reading allows, as `step: outcome`. */
  readonly leniences: readonly string[];
  /** Last frames in words. */
  transcript(): string[];
}

/** The broker as the runner holds it. */
export interface BrokerUnderTest {
  readonly product: string;
  readonly version: string;
  readonly endpoint: { readonly host: string; readonly port: number };
  /** null: it cannot be restarted from here (external). */
  readonly restart: ((how: "graceful" | "kill") => Promise<void>) | null;
  /** null: nothing alarms it from here. */
  readonly setMemoryAlarm: ((on: boolean) => Promise<void>) | null;
}

/** `accept("CHAN 406")`, `accept(["CHAN 404", "none"], ["CONN 503"])`. */
export function accept(ok: string | readonly string[], nonStrict: readonly string[] = []): Accepted {
  return { ok: typeof ok === "string" ? [ok] : ok, nonStrict };
}
