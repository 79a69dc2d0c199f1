import { CommandHelp, Help } from "@oclif/core/help";
import { type ExitName, exitCodeRows } from "./exit-code-meanings.ts";

/** Any command can be misused, and any can have a bug. */
const EVERY_COMMANDS: readonly ExitName[] = ["done", "usage", "internal"];

/** oclif's help of a command, and its exit codes. */
class HelpWithExitCodes extends CommandHelp {
  override generate(): string {
    const { exitCodes } = this.command as unknown as { exitCodes?: readonly ExitName[] };
    const text = super
      .generate()
      .replace(/\n{3,}/g, "\n\n")
      .trimEnd();
    if (exitCodes === undefined) return text;
    const rows = exitCodeRows([...new Set([...EVERY_COMMANDS, ...exitCodes])]);
    return `${text}\n\n${this.section("EXIT CODES", rows)}`;
  }
}

export default class BrokermarkHelp extends Help {
  protected override CommandHelpClass: typeof CommandHelp = HelpWithExitCodes;
}
