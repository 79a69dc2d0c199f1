import type { OptionName } from "./schema.ts";

/** Where a value comes from; a later one wins over an earlier one. */
export type Source = "default" | "profile" | "file" | "environment" | "flag";

/** Beside those of options. */
export const REPEATED_NAMES = ["set", "user", "inject"] as const;
export type RepeatedName = (typeof REPEATED_NAMES)[number];

/** One value as somebody gave it. */
export interface Assignment {
  /** `set`: NAME=VALUE, the default of a topic's setting. `user`: NAME:PASSWORD. `inject`: an injector. They may come more than once. */
  readonly name: OptionName | RepeatedName;
  readonly text: string;
  readonly source: Source;
  /** Where it stands: "--port", "BROKERMARK_BROKER_PORT", "broker.toml:3", "profile durable". */
  readonly place: string;
  /** As its writer put it, for errors: "--port 1e3". */
  readonly written: string;
}

/** Something wrong with what was given. */
export type Problem =
  | { readonly kind: "text"; readonly text: string }
  /** No option has this name, which is written as its source writes names; `text` says so. */
  | { readonly kind: "unknown"; readonly source: Source; readonly name: string; readonly text: string }
  /** No topic setting has this name, or not this value. */
  | { readonly kind: "topic"; readonly name: string; readonly text: string };

export interface Reading {
  readonly assignments: readonly Assignment[];
  readonly problems: readonly Problem[];
}
