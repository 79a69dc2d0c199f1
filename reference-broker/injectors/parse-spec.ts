/** `KIND:name=value,name=value`. Every fault is a BAD_OPTION that names the nearest right word. */
import { nearest } from "../src/base/nearest.ts";
import { BrokerError } from "../src/errors.ts";
import type { Parameter } from "./injector.ts";

export interface InjectorSpec {
  readonly kind: string;
  /** As written; not checked yet. */
  readonly given: ReadonlyMap<string, string>;
}

export function parseSpec(text: string, kinds: readonly string[]): InjectorSpec {
  const colon = text.indexOf(":");
  const kind = colon === -1 ? text : text.slice(0, colon);
  if (!kinds.includes(kind)) throw refuse(text, `no injector is called "${kind}"`, kind, kinds);
  const given = new Map<string, string>();
  const pairs = colon === -1 ? [] : text.slice(colon + 1).split(",");
  for (const pair of pairs) {
    const [name = "", ...value] = pair.split("=");
    if (value.length === 0) throw refuse(text, `"${pair}" is no name=value`);
    if (given.has(name)) throw refuse(text, `${name} is given twice`);
    given.set(name, value.join("="));
  }
  return { kind, given };
}

/** One number for each parameter. */
export function readParameters(
  text: string,
  { kind, given }: InjectorSpec,
  parameters: Readonly<Record<string, Parameter>>,
): Record<string, number> {
  const names = Object.keys(parameters);
  for (const name of given.keys()) {
    if (!names.includes(name)) throw refuse(text, `${kind} has no ${name}`, name, names);
  }
  return Object.fromEntries(
    names.map((name) => [name, readParameter(text, name, parameters[name]!, given.get(name))]),
  );
}

function readParameter(text: string, name: string, parameter: Parameter, given: string | undefined): number {
  const { min, max, doc, default: fallback } = parameter;
  if (given === undefined) {
    if (fallback === null) throw refuse(text, `${name} is missing: ${doc} (${min}..${max})`);
    return fallback;
  }
  const value = Number(given);
  if (!/^\d+$/.test(given) || value < min || value > max) {
    throw refuse(text, `${name}=${given}: expected a whole number, ${doc} (${min}..${max})`);
  }
  return value;
}

function refuse(text: string, reason: string, word = "", candidates: readonly string[] = []): BrokerError {
  const meant = nearest(word, candidates);
  const hint = meant === null ? "" : `. Did you mean ${meant}?`;
  const known = candidates.length === 0 || meant !== null ? "" : `: there are ${candidates.join(", ")}`;
  return new BrokerError("BAD_OPTION", `--inject ${text}: ${reason}${hint}${known}`);
}
