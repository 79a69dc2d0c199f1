import type { Command } from "@oclif/core/command";
import { CommandHelp, Help } from "@oclif/core/help";
import { type ExitName, exitCodeRows } from "./exit-code-meanings.ts";

/** oclif's help of a command, and its exit codes. */
class HelpWithExitCodes extends CommandHelp {
  protected override sections() {
    const { exitCodes } = this.command as { exitCodes?: readonly ExitName[] };
    if (exitCodes === undefined) return super.sections();
    return [...super.sections(), { header: "EXIT CODES", generate: () => exitCodeRows(exitCodes) }];
  }
}

export default class BrokermarkHelp extends Help {
  protected override CommandHelpClass: typeof CommandHelp = HelpWithExitCodes;

  /** oclif's own sorts by name; here the order of commands/index.ts, which is the order of use. */
  protected override get sortedCommands(): Command.Loadable[] {
    return this.config.commands.filter(({ hidden }) => !hidden);
  }
}
