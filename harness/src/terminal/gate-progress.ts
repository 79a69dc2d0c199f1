import type { JobLine, RoundLine } from "../gate/evidence.ts";
import type { Progress } from "../gate/judgement.ts";
import { plural } from "../gate/words/figures.ts";

/** `round 7  megabatch  5.2 s  of at most 30; 1 of 2 scenarios decided` */
export function renderRoundLine(round: RoundLine, job: JobLine, { decided }: Progress): string {
  const width = Math.max(...job.scenarios.map(({ name }) => name.length));
  const most = job.rules.looks.at(-1)!;
  const done =
    decided.length > 0 ? `; ${decided.length} of ${plural(job.scenarios.length, "scenario")} decided` : "";
  return `round ${String(round.round).padStart(3)}  ${round.scenario.padEnd(width)}  ${(round.wallMs / 1000).toFixed(1)} s  of at most ${most} each${done}`;
}
