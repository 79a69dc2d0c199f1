import { reasonsAgainst } from "../compare/usable.ts";
import type { RunSummary } from "../result/schema.ts";
import { parameterList, varyingKeys } from "./load-words.ts";
import { byteRate, duration, NOT_MEASURED, plain, ratePerSecond, ratio, memory } from "./quantities.ts";
import { renderStages } from "./stage-tables.ts";
import { type Column, renderTable, wrap } from "./table.ts";

const COLUMNS: readonly Column[] = [
  { heading: "load", align: "left" },
  { heading: "target", align: "left" },
  { heading: "#", align: "right" },
  { heading: "intact", align: "left" },
  { heading: "messages", align: "right" },
  { heading: "payload", align: "right" },
  { heading: "latency of", align: "left" },
  { heading: "p50", align: "right" },
  { heading: "p99", align: "right" },
  { heading: "p99.9", align: "right" },
  { heading: "CPU s/M", align: "right" },
  { heading: "peak RSS", align: "right" },
  { heading: "x ref", align: "right" },
];

const WIDTH = 110;

/** Every run in a line, in the order given, and below the table what speaks against a run. */
export function renderRunTable(runs: readonly RunSummary[]): string {
  if (runs.length === 0) return "no runs";
  const blocks = [...Map.groupBy(runs, ({ scenario, profile }) => `${scenario} ${profile}`)].map(
    ([name, group]) => {
      const varying = varyingKeys(group.map(({ parameters }) => parameters));
      const drivers = [...new Set(group.map(({ driver }) => driver))];
      const head = `${name}: ${group[0]!.mode} loop, driver ${drivers.join(" or ")}`;
      const overSeveral = new Set(group.map(({ protocol }) => protocol)).size > 1;
      const table = renderTable(
        COLUMNS,
        group.map((run) => rowOf(run, varying, overSeveral)),
      );
      return [head, table, ...renderStages(group, varying)].join("\n\n");
    },
  );
  return [...blocks, ...remarks(runs)].join("\n\n");
}

function rowOf(run: RunSummary, varying: readonly string[], overSeveral: boolean): string[] {
  const { throughput, cost, latencyUs, integrity, target } = run;
  const mark = reasonsAgainst(run).length > 0 ? "!" : "";
  // In closed loop there is no intended time: publish latency is what can be said.
  const [kind, latency] =
    latencyUs.response !== null ? ["response", latencyUs.response] : ["publish", latencyUs.publish];
  return [
    parameterList(run.parameters, varying) || "-",
    `${target.name} ${target.version} (${target.durability ?? "?"}${overSeveral ? `, ${run.protocol}` : ""})`,
    `${run.repetition}${mark}`,
    intactWord(integrity),
    ratePerSecond(throughput.messagesPerSecond),
    byteRate(throughput.payloadBytesPerSecond),
    latency === null ? NOT_MEASURED : kind,
    duration(latency?.p50 ?? null),
    duration(latency?.p99 ?? null),
    duration(latency?.p99_9 ?? null),
    plain(cost.cpuSecondsPerMillionMessages),
    memory(cost.peakRssBytes),
    ratio(run.ratioToReference?.throughput ?? null),
  ];
}

function intactWord({ verdict, dropped, expired }: RunSummary["integrity"]): string {
  if (verdict !== "valid") return verdict === "invalid" ? "NO" : "?";
  if (expired > 0) return `yes, ${ratePerSecond(expired).replace("/s", "")} expired`;
  return dropped > 0 ? `yes, ${ratePerSecond(dropped).replace("/s", "")} dropped` : "yes";
}

function remarks(runs: readonly RunSummary[]): string[] {
  const against = runs.flatMap((run) => {
    const reasons = reasonsAgainst(run);
    if (reasons.length === 0) return [];
    const alike = runs.filter(
      ({ scenario, profile }) => scenario === run.scenario && profile === run.profile,
    );
    const load = parameterList(run.parameters, varyingKeys(alike.map(({ parameters }) => parameters)));
    const what = `! ${run.scenario} ${run.profile} ${run.target.name} #${run.repetition}${load === "" ? "" : ` (${load})`}`;
    return [wrap(`${what}: ${reasons.join("; ")}`, WIDTH)];
  });
  return against.length > 0 ? [against.join("\n")] : [];
}
