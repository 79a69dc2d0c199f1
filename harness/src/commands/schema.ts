import { BaseCommand } from "../cli/base-command.ts";

export default class Schema extends BaseCommand {
  static override summary = "Print the JSON Schema of scenario files, for editors.";
  static override examples = ["<%= config.bin %> schema > scenarios/schema.json"];

  async run(): Promise<Record<string, unknown>> {
    await this.parse(Schema);
    const { scenarioJsonSchema } = await import("../scenario/schema.ts");
    const schema = scenarioJsonSchema();
    this.log(JSON.stringify(schema, null, 2));
    return schema;
  }
}
