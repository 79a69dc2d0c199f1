/** What a listener counts. */
import { counter, gauge, type Statistics } from "../base/statistics.ts";

export const CONNECTION_STATISTICS = {
  connections: gauge("open connections"),
  acceptedConnections: counter("connections since the start"),
} as const;

export type ConnectionStatistics = Statistics<typeof CONNECTION_STATISTICS>;
