import type { FigureSpec } from "./figure.ts";

export const HTTP_INGEST_FIGURES = {
  requestRate: { title: "requests confirmed", unit: "messages/s", better: "higher" },
  requestP50: { title: "request p50", unit: "us", better: "lower" },
  requestP99: { title: "request p99", unit: "us", better: "lower" },
  cpuPerMessage: { title: "broker CPU per message", unit: "us", better: "lower" },
  scrapes: { title: "scrapes of /metrics", unit: "requests", better: "higher" },
  scrapeIdle: { title: "scrape before the load", unit: "us", better: "lower" },
  scrapeP50: { title: "scrape under load p50", unit: "us", better: "lower" },
  scrapeMax: { title: "scrape under load, slowest", unit: "us", better: "lower" },
  scrapeBytes: { title: "size of a scrape", unit: "bytes", better: "lower" },
} as const satisfies Record<string, FigureSpec>;
