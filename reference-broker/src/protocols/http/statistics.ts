/** What the HTTP side counts. */
import { counter, gauge, type Counters, type Statistics } from "../../base/statistics.ts";

/** Counted where it happens. */
export const HTTP_COUNTERS = {
  requests: counter("requests, those refused included"),
  succeededRequests: counter("requests answered with a status below 400"),
  refusedRequests: counter("requests answered with a status from 400 to 499"),
  failedRequests: counter("requests answered with a status from 500 on"),
  abandonedRequests: counter("requests whose client went before their body had arrived"),
  slowRequests: counter("requests that took longer than slow-operation-ms"),
  requestSeconds: counter("time from a request's headers to its answer, summed", "seconds"),
  bodyBytes: counter("bytes of request bodies", "bytes"),
  publishedRecords: counter("records published to topics"),
  publishedMessages: counter("messages published to exchanges"),
  unroutedMessages: counter("messages published to exchanges that reached no queue"),
} as const;

export const HTTP_STATISTICS = {
  connections: gauge("open connections"),
  acceptedConnections: counter("connections since the start"),
  pendingRequests: gauge("requests that are not answered yet"),
  bufferedBytes: gauge("bytes of request bodies held or expected", "bytes"),
  ...HTTP_COUNTERS,
} as const;

export type HttpCounters = Counters<typeof HTTP_COUNTERS>;
export type HttpStatistics = Statistics<typeof HTTP_STATISTICS>;
