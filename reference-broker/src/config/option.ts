/** Kinds of option values: how each is written, what its limits are, how its text becomes a value. */

export interface Option<T> {
  /** Section and key in a configuration file. */
  readonly key: string;
  /** How a value is written, for help and errors. */
  readonly placeholder: string;
  /** As it would be written; null: there is none, and the value is null. */
  readonly default: string | null;
  readonly doc: string;
  /** null: the text is no such value. */
  parse(text: string): T | null;
}

interface Words<Default> {
  readonly key: string;
  readonly default: Default;
  readonly doc: string;
}

interface Range extends Words<number> {
  readonly unit: string;
  readonly min: number;
  readonly max: number;
}

const MAX_PORT = 65535;

const nonEmpty = (value: string): string | null => (value === "" ? null : value);

export function text(placeholder: string, words: Words<string>): Option<string> {
  return { ...words, placeholder, parse: nonEmpty };
}

/** null unless it is given. */
export function optional(placeholder: string, words: Omit<Words<null>, "default">): Option<string | null> {
  return { ...words, placeholder, default: null, parse: nonEmpty };
}

export function integer({ key, unit, default: fallback, min, max, doc }: Range): Option<number> {
  const parse = (value: string) => {
    const parsed = Number(value);
    return /^\d+$/.test(value) && parsed >= min && parsed <= max ? parsed : null;
  };
  return { key, placeholder: unit, default: String(fallback), doc: `${doc} (${min}..${max})`, parse };
}

/** A part of 1, e.g. 0.9; never 0. */
export function fraction({ key, default: fallback, doc }: Words<number>): Option<number> {
  const parse = (value: string) => {
    const parsed = Number(value);
    return /^\d*\.?\d+$/.test(value) && parsed > 0 && parsed <= 1 ? parsed : null;
  };
  return { key, placeholder: "FRACTION", default: String(fallback), doc: `${doc} (above 0, to 1)`, parse };
}

export function choice<const T extends string>(choices: readonly T[], words: Words<T>): Option<T> {
  const parse = (value: string) => choices.find((candidate) => candidate === value) ?? null;
  return { ...words, placeholder: choices.join("|"), parse };
}

export function boolean({ key, default: fallback, doc }: Words<boolean>): Option<boolean> {
  const parse = (value: string) => (value === "true" ? true : value === "false" ? false : null);
  return { key, placeholder: "true|false", default: String(fallback), doc, parse };
}

/** A port, 0 for any free one. */
export function port(words: Omit<Range, "unit" | "min" | "max">): Option<number> {
  return integer({ ...words, unit: "PORT", min: 0, max: MAX_PORT });
}

/** A port, or `off` for none. */
export function portOrOff({ key, default: fallback, doc }: Words<number | "off">): Option<number | "off"> {
  const { parse } = port({ key, default: 0, doc });
  return {
    key,
    placeholder: "PORT|off",
    default: String(fallback),
    doc: `${doc} (0..${MAX_PORT})`,
    parse: (value) => (value === "off" ? value : parse(value)),
  };
}
