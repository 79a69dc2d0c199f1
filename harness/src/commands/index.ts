/** All commands, by id. oclif reads this map ("explicit" strategy). */
import Broker from "./broker.ts";
import Compare from "./compare.ts";
import Conform from "./conform.ts";
import Gate from "./gate.ts";
import List from "./list.ts";
import Report from "./report.ts";
import Run from "./run.ts";
import Schema from "./schema.ts";
import Selftest from "./selftest.ts";
import SelftestGate from "./selftest/gate.ts";
import Targets from "./targets/index.ts";
import TargetsInstall from "./targets/install.ts";
import TargetsStart from "./targets/start.ts";
import Trend from "./trend.ts";

export const COMMANDS = {
  run: Run,
  list: List,
  compare: Compare,
  gate: Gate,
  conform: Conform,
  report: Report,
  schema: Schema,
  selftest: Selftest,
  "selftest:gate": SelftestGate,
  trend: Trend,
  targets: Targets,
  "targets:install": TargetsInstall,
  "targets:start": TargetsStart,
  broker: Broker,
};
