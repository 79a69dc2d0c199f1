import { BaseCommand } from "../cli/base-command.ts";

export default class Selftest extends BaseCommand {
  static override summary = "Check the harness against a broker with known delays and faults.";
  static override description =
    "Every line shows what was injected beside what was measured. A time that a busy machine spoilt is measured again, at most three times, and is then inconclusive; a count is never excused.";
  static override examples = ["<%= config.bin %> selftest"];
  static override exitCodes = [
    "done",
    "failed",
    "inconclusive",
    "internal",
    "interrupted",
    "terminated",
  ] as const;

  async run() {
    await this.parse(Selftest);
    const { selftest } = await import("../run/selftest/selftest.ts");
    const { exitCodeOfSelftest } = await import("../run/selftest/judge.ts");
    const { startSession } = await import("../run/start-session.ts");
    const { renderSelftestCase } = await import("../terminal/selftest-table.ts");
    const { RunProgress } = await import("../terminal/run-progress.ts");
    const { signal } = this;
    const cases = await selftest(
      async ({ plan }) => {
        using progress = new RunProgress([plan], process.stderr, () => performance.now());
        return await startSession({
          plans: [plan],
          command: "brokermark selftest",
          resultDirectory: null,
          keep: false,
          measureCeiling: false,
          loadProcesses: { publishers: 1, consumers: 1 },
          signal,
          listen: progress.listen,
        });
      },
      signal,
      (judged) => this.log(renderSelftestCase(judged)),
    );
    process.exitCode = exitCodeOfSelftest(cases);
    return { schemaVersion: 1, cases };
  }
}
