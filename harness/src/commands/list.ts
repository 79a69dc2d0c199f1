import { Args } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.ts";

export default class List extends BaseCommand {
  static override summary = "List the scenarios with the question each answers, or one with its profiles.";
  static override examples = ["<%= config.bin %> list", "<%= config.bin %> list megabatch"];
  static override args = {
    scenario: Args.string({
      description: "Show profiles, sweeps and parameters of this one; a name or a .yaml file.",
    }),
  };

  async run() {
    const { args } = await this.parse(List);
    const { loadScenario, scenarioNames } = await import("../scenario/load.ts");
    const { describeScenario } = await import("../scenario/description.ts");
    const { renderScenario, renderScenarioList } = await import("../terminal/scenario-list.ts");
    if (args.scenario !== undefined) {
      const description = describeScenario(await loadScenario(args.scenario));
      this.log(renderScenario(description));
      return description;
    }
    const names = await scenarioNames();
    const scenarios = await Promise.all(
      names.map(async (name) => describeScenario(await loadScenario(name))),
    );
    this.log(renderScenarioList(scenarios));
    return { scenarios };
  }
}
