import type { ReportModel } from "../src/model.ts";

/** One of everything, small enough to read the page that comes of it. */
export const SMALL_MODEL: ReportModel = {
  title: "Two targets",
  command: "brokermark report results",
  measuredAt: "2026-11-21 01:10 UTC",
  verdict: {
    tone: "warn",
    headline: "a delivers 2.00× the messages per second of b",
    statements: [
      { label: "Integrity", text: "every message read back", tone: "good" },
      { label: "Validity", text: "1 of 2 runs valid", tone: "warn" },
    ],
  },
  facts: [["cores", "2"]],
  glossary: [["response time", "from intended send to delivery"]],
  sections: [
    {
      heading: "standard",
      question: "How fast?",
      facts: [["acks", "all"]],
      tables: [
        {
          caption: "Targets",
          note: "Median.",
          columns: [
            { heading: "Target", align: "left" },
            { heading: "Messages/s", align: "right" },
          ],
          groups: [
            {
              label: "acks all",
              rows: [
                [
                  { text: "a", colourKey: "a" },
                  { text: "200", detail: "190 to 210" },
                ],
                [
                  { text: "b", colourKey: "b" },
                  { text: "100", tone: "warn", title: "not valid" },
                ],
              ],
            },
          ],
        },
        {
          caption: "Every run",
          columns: [{ heading: "Run", align: "left" }],
          groups: [{ label: null, rows: [[{ text: "1" }]] }],
          collapsed: true,
        },
      ],
      charts: [
        {
          caption: "Throughput",
          kind: "bar",
          xLabel: "sweep point",
          yLabel: "messages per second",
          yScale: "linear",
          categories: ["acks all", "acks 0"],
          series: [
            { name: "a", colourKey: "a", points: [[0, 200]], ranges: [[0, 190, 210]] },
            {
              name: "b",
              colourKey: "b",
              points: [
                [0, 100],
                [1, 150],
              ],
            },
          ],
          mark: { y: 100, label: "reference" },
        },
        {
          caption: "Latency",
          note: "Pooled.",
          kind: "percentile",
          xLabel: "percentile",
          yLabel: "ms",
          yScale: "logarithmic",
          series: [
            {
              name: "b",
              colourKey: "b",
              points: [
                [0, 0.5],
                [90, 1.5],
                [99.9, 12.25],
              ],
            },
          ],
        },
        {
          caption: "Over time",
          kind: "line",
          xLabel: "s",
          yLabel: "messages per second",
          yScale: "linear",
          series: [
            { name: "a, repetition 2", colourKey: "a", points: [[0.5, 199]], faint: true },
            { name: "a", colourKey: "a", points: [[0.5, 201]] },
          ],
        },
      ],
      notes: ["b validates what a passes through"],
    },
    {
      heading: "Evidence",
      question: "What do these figures rest on?",
      facts: [],
      tables: [],
      charts: [],
      notes: [],
    },
  ],
};
