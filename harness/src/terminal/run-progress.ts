import type { RunSummary } from "../result/schema.ts";
import type { RunEvent, RunPhase } from "../run/progress.ts";
import type { Plan } from "../scenario/plan.ts";
import { ratePerSecond } from "./quantities.ts";
import { parameterList, varyingKeys } from "./load-words.ts";

const PHASE_WORDS: Readonly<Record<RunPhase, string>> = {
  ceiling: "generator ceiling",
  prepare: "preparing",
  warmup: "warming up",
  measure: "measuring",
  "log-end": "waiting for the log",
  verify: "reading back",
};

const REDRAW_INTERVAL_MS = 100;
const CLEAR_LINE = "\r\u001b[2K";

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/**
 * Says what a session is doing: on a terminal one line that is drawn over, elsewhere a line per start and per run.
 * Goes to stderr, so that stdout holds results only.
 */
export class RunProgress implements Disposable {
  readonly #output: Output;
  readonly #nowMs: () => number;
  /** By scenario: those of different scenarios differ in everything. */
  readonly #varying: ReadonlyMap<string, readonly string[]>;
  readonly #total: number;
  #finished = 0;
  #phase = "";
  #drawnMs = Number.NEGATIVE_INFINITY;
  #drawn = false;

  constructor(plans: readonly Plan[], output: Output, nowMs: () => number) {
    this.#output = output;
    this.#nowMs = nowMs;
    this.#total = plans.length;
    const byScenario = Map.groupBy(plans, ({ scenario }) => scenario);
    this.#varying = new Map(
      [...byScenario].map(([scenario, of]) => [
        scenario,
        varyingKeys(of.map(({ parameters }) => parameters)),
      ]),
    );
  }

  readonly listen = (event: RunEvent): void => {
    switch (event.type) {
      case "target-starting":
        this.#draw(`${event.target}: starting`, true);
        break;
      case "target-started":
        this.#say(`${event.target} ${event.version}: up in ${(event.startupMs / 1000).toFixed(1)} s`);
        break;
      case "phase":
        this.#phase = `${this.#name(event.plan)}: ${PHASE_WORDS[event.phase]}`;
        this.#draw(this.#phase, true);
        break;
      case "stage":
        this.#phase = `${this.#name(event.plan)}: ${event.stage}`;
        this.#draw(this.#phase, true);
        break;
      case "rate":
        this.#draw(`${this.#phase}  ${ratePerSecond(event.messagesPerSecond)}`, false);
        break;
      case "finished":
        this.#say(`${this.#name(event.plan)}: ${outcome(event.result.summary)}`);
        this.#finished += 1;
        break;
      case "failed":
        this.#say(`${event.target}: ${event.error.message}${hint(event.error.hint)}`);
        break;
    }
  };

  [Symbol.dispose](): void {
    this.#clear();
  }

  #name({ scenario, target, profile, protocol, repetition, parameters }: Plan): string {
    const load = parameterList(parameters, this.#varying.get(scenario) ?? []);
    const position = `${Math.min(this.#finished + 1, this.#total)}/${this.#total}`;
    return `[${position}] ${scenario} ${profile}, ${target} over ${protocol} #${repetition}${load === "" ? "" : ` (${load})`}`;
  }

  #draw(text: string, always: boolean): void {
    if (!this.#output.isTTY) return;
    const now = this.#nowMs();
    if (!always && now - this.#drawnMs < REDRAW_INTERVAL_MS) return;
    this.#drawnMs = now;
    this.#drawn = true;
    this.#output.write(CLEAR_LINE + text.slice(0, (this.#output.columns ?? 80) - 1));
  }

  #say(text: string): void {
    this.#clear();
    this.#output.write(`${text}\n`);
  }

  #clear(): void {
    if (this.#drawn) this.#output.write(CLEAR_LINE);
    this.#drawn = false;
  }
}

function outcome({ throughput, integrity, validity }: RunSummary): string {
  const intact = integrity.verdict === "valid" ? "intact" : `integrity ${integrity.verdict}`;
  return `${ratePerSecond(throughput.messagesPerSecond)}, ${intact}, ${validity.verdict}`;
}

function hint(text: string | undefined): string {
  return text === undefined ? "" : `\nhint: ${text}`;
}
