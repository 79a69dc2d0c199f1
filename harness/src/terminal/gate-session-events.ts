/** What a gate job tells while it runs, on standard error. */
import type { GateSessionDeps } from "../gate/job/gate-session.ts";
import type { JobEvent } from "../gate/job/run-job.ts";
import { judge } from "../gate/judge/judge.ts";
import type { Preflight } from "../gate/rounds/preflight.ts";
import { renderRoundLine } from "./gate-progress.ts";
import { renderStanding } from "./gate-standing.ts";

export function sessionEvents(
  write: (line: string) => void,
): Pick<GateSessionDeps, "listen" | "onProgress" | "onPreflight"> {
  return {
    onProgress: write,
    onPreflight: (preflight) => write(renderPreflight(preflight)),
    listen: (event) => listen(event, write),
  };
}

function listen(event: JobEvent, write: (line: string) => void): void {
  if (event.type === "round-noted") for (const note of event.notes) write(`  ${note}`);
  if (event.type !== "round-played") return;
  const { evidence, progress, leftMs } = event;
  const round = evidence.rounds.at(-1);
  if (round === undefined) return;
  write(renderRoundLine(round, evidence.job, progress));
  write(`  ${renderStanding(round.scenario, judge(evidence), evidence, leftMs)}`);
}

/** `clock resolution 0.1 us; cores 2; loopback noise 0.4 percent` */
function renderPreflight({ findings }: Preflight): string {
  return findings
    .filter(({ value }) => value !== null)
    .map(({ name, value, unit, remark }) => {
      const figure = `${name} ${Number(value?.toPrecision(3))} ${unit}`;
      return remark === null ? figure : `${figure} (${remark})`;
    })
    .join("; ");
}
