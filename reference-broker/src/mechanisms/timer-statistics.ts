/** What the timers count. */
import { counter, gauge, type Statistics } from "../base/statistics.ts";

export const TIMER_STATISTICS = {
  inserted: counter("timers scheduled"),
  expired: counter("timers whose time came"),
  cancelled: counter("timers cancelled before their time"),
  cascaded: counter("moves of timers to a lower level of the wheel"),
  pending: gauge("timers scheduled that neither expired nor were cancelled"),
} as const;

export type TimerStatistics = Statistics<typeof TIMER_STATISTICS>;
