import { Command } from "@oclif/core/command";
import type { ExitName } from "./exit-code-meanings.ts";
import { interruptionSignal } from "./interruption.ts";

/**
 * What every command has: `--json` (the value that `run()` returns is the one document on stdout; `this.log` is
 * then silent; progress goes to stderr), exit codes in `--help`, and an AbortSignal for SIGINT and SIGTERM.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  /** Exit codes that this command can end with besides done, usage and internal, for `--help`. */
  static exitCodes: readonly ExitName[] = [];

  /** Aborts when the user interrupts; a command that starts processes passes it on. */
  get signal(): AbortSignal {
    return interruptionSignal();
  }

  /** One place prints failures, with --json and without: cli/main.ts. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}
