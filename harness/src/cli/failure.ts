import type { Config } from "@oclif/core/config";
import { CLIError } from "@oclif/core/errors";
import { HarnessError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { nearest } from "../scenario/nearest.ts";
import { exitCodeOf } from "./interruption.ts";

/** What a failure comes to: words for stderr, fields for --json, and how the process ends. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly exitCode: number;
}

/** Classifies whatever was thrown. Pure. */
export function failureOf(error: unknown): Failure | null {
  if (error instanceof HarnessError) {
    return { code: error.code, message: error.message, hint: error.hint ?? null, exitCode: error.exitCode };
  }
  if (isExit(error)) return null;
  if (error instanceof CLIError) {
    const message = error.message.replace(/\nSee more help with --help$/, "");
    return { code: "USAGE", message, hint: usageHint(error), exitCode: EXIT.usage };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: "INTERNAL",
    message: text,
    hint: "this is a bug in brokermark; please report it with the command you gave and the text above",
    exitCode: EXIT.internal,
  };
}

/** Prints a failure (stdout holds one document with --json) and tells the exit code. */
export function reportFailure(
  error: unknown,
  context: { readonly json: boolean; readonly interrupted: "SIGINT" | "SIGTERM" | null },
): number {
  if (context.interrupted !== null) return exitCodeOf(context.interrupted);
  const failure = failureOf(error);
  if (failure === null) return (error as { oclif?: { exit?: number } }).oclif?.exit ?? EXIT.done;
  const { exitCode, ...shown } = failure;
  if (context.json) process.stdout.write(`${JSON.stringify({ error: shown }, null, 2)}\n`);
  process.stderr.write(`${failure.message}\n${failure.hint === null ? "" : `hint: ${failure.hint}\n`}`);
  return exitCode;
}

/** A failure where the words name no command, else null. */
export function unknownCommand(
  config: Config,
  args: readonly string[],
  id: string | undefined,
): HarnessError | null {
  if (args.length === 0 || id === undefined || args[0]!.startsWith("-")) return null;
  if (config.findCommand(id) !== undefined || config.findTopic(id) !== undefined) return null;
  const known = config.commandIDs.map((command) => command.replaceAll(":", " ")).sort();
  const words = id.split(":");
  const meant = nearestCommand(words, known);
  return new HarnessError(
    "USAGE",
    `no command ${words.join(" ")}${meant === null ? "" : `; did you mean ${meant}?`}`,
    { hint: `there are: ${known.join(", ")}` },
  );
}

/** Compares as many words as each command has, the longer commands first. */
function nearestCommand(words: readonly string[], known: readonly string[]): string | null {
  for (let length = words.length; length > 0; length--) {
    const typed = words.slice(0, length).join(" ");
    const meant = nearest(
      typed,
      known.filter((command) => command.split(" ").length === length),
    );
    if (meant !== null) return meant;
  }
  return null;
}

function isExit(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "EEXIT";
}

interface ParseFailure {
  readonly flags?: readonly string[];
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, unknown>> } };
}

/** For flags that do not exist: the nearest that does. */
function usageHint(error: CLIError): string {
  const { flags, parse } = error as ParseFailure;
  const known = Object.keys(parse?.input?.flags ?? {}).map((name) => `--${name}`);
  const meant = Array.isArray(flags)
    ? flags.map((flag) => nearest(flag.split("=")[0], known)).find(Boolean)
    : null;
  return meant ? `did you mean ${meant}?` : "see --help";
}
