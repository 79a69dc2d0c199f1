/**
 * The figures of staged workloads, by workload. Results hold them by these names, compare and the tables take title, unit
 * and direction from here. A new workload brings a file and a row.
 */
import type { StagedWorkload } from "../../scenario/workloads.ts";
import { BACKLOG_DRAIN_FIGURES } from "./backlog-drain.ts";
import { CONNECTIONS_FIGURES } from "./connections.ts";
import type { FigureSpec } from "./figure.ts";
import { HTTP_INGEST_FIGURES } from "./http-ingest.ts";
import { MEMORY_PAGING_FIGURES } from "./memory-paging.ts";
import { RECOVERY_FIGURES } from "./recovery.ts";
import { TTL_STORM_FIGURES } from "./ttl-storm.ts";

export type { FigureSpec } from "./figure.ts";

export const FIGURES = {
  "ttl-storm": TTL_STORM_FIGURES,
  "memory-paging": MEMORY_PAGING_FIGURES,
  connections: CONNECTIONS_FIGURES,
  "http-ingest": HTTP_INGEST_FIGURES,
  recovery: RECOVERY_FIGURES,
  "backlog-drain": BACKLOG_DRAIN_FIGURES,
} as const satisfies Record<StagedWorkload, Readonly<Record<string, FigureSpec>>>;

export type FigureName<W extends StagedWorkload> = keyof (typeof FIGURES)[W] & string;

/** null where it was not measured or cannot be; then the note says why. */
export interface Figure {
  readonly value: number | null;
  /** How it was come by, where its name does not say so. */
  readonly note: string | null;
}

/** Every figure of the workload, so that none is forgotten. */
export type FiguresOf<W extends StagedWorkload> = Readonly<Record<FigureName<W>, Figure>>;

export function figure(value: number | null, note: string | null = null): Figure {
  return { value, note };
}

/** Names of all workloads' figures; two workloads that share a name mean the same by it. */
export type AnyFigureName = { [W in StagedWorkload]: FigureName<W> }[StagedWorkload];

export const ALL_FIGURES: Readonly<Record<AnyFigureName, FigureSpec>> = Object.assign(
  {},
  ...Object.values(FIGURES),
);
