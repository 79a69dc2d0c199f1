import { CommandHelp, Help } from "@oclif/core/help";
import { type ExitName, exitCodeRows } from "./exit-code-meanings.ts";

/** oclif's help of a command, and its exit codes. */
class HelpWithExitCodes extends CommandHelp {
  override generate(): string {
    const { exitCodes } = this.command as unknown as { exitCodes?: readonly ExitName[] };
    const text = super
      .generate()
      .replace(/\n{3,}/g, "\n\n")
      .trimEnd();
    return exitCodes === undefined
      ? text
      : `${text}\n\n${this.section("EXIT CODES", exitCodeRows(exitCodes))}`;
  }
}

export default class BrokermarkHelp extends Help {
  protected override CommandHelpClass: typeof CommandHelp = HelpWithExitCodes;
}
