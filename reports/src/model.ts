/** What the HTML renderer draws. It knows titles, tables and series, nothing of brokers. */
export interface ReportModel {
  readonly title: string;
  /** The exact command that made the report. */
  readonly command: string;
  readonly generatedAt: string;
  /** Label and text, in reading order: machine, versions, seed. */
  readonly facts: readonly (readonly [label: string, text: string])[];
  readonly sections: readonly ReportSection[];
}

export interface ReportSection {
  readonly heading: string;
  /** The question this section answers, in a sentence. */
  readonly question: string;
  readonly tables: readonly ReportTable[];
  readonly charts: readonly ReportChart[];
  /** Caveats that belong beside the figures. */
  readonly notes: readonly string[];
}

export interface ReportTable {
  readonly caption: string;
  readonly columns: readonly { readonly heading: string; readonly align: "left" | "right" }[];
  readonly rows: readonly (readonly ReportCell[])[];
}

export interface ReportCell {
  readonly text: string;
  readonly tone?: "good" | "bad" | "muted";
  readonly title?: string;
}

export interface ReportChart {
  readonly caption: string;
  /** `percentile` draws x as -log10(1 - percentile / 100) with ticks 50 90 99 99.9 99.99. */
  readonly kind: "line" | "bar" | "percentile";
  readonly xLabel: string;
  readonly yLabel: string;
  readonly yScale: "linear" | "logarithmic";
  /** bar: one label per bar group. */
  readonly categories?: readonly string[];
  readonly series: readonly ReportSeries[];
}

export interface ReportSeries {
  readonly name: string;
  /** line, percentile: [x, y]; bar: [category index, y]. */
  readonly points: readonly (readonly [number, number])[];
}
