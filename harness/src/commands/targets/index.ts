import { Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/base-command.ts";

export default class Targets extends BaseCommand {
  static override summary = "List the targets: installed or not, version, how to install.";
  static override examples = ["<%= config.bin %> targets", "<%= config.bin %> targets --probe --json"];
  static override exitCodes = ["done", "usage", "internal", "interrupted", "terminated"] as const;
  static override flags = {
    probe: Flags.boolean({ description: "Start each one that is installed and read its version from it." }),
  };

  async run() {
    const { flags } = await this.parse(Targets);
    const { renderSurvey, surveyTargets } = await import("../../targets/survey.ts");
    const targets = await surveyTargets(flags.probe, this.signal);
    this.log(renderSurvey(targets));
    return { targets };
  }
}
