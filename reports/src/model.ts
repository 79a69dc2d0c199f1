/** What the HTML renderer draws. It knows titles, tables and series, nothing of brokers. */
export interface ReportModel {
  readonly title: string;
  /** The exact command that made what is shown. */
  readonly command: string;
  /** When it was measured, in words. */
  readonly measuredAt: string;
  readonly verdict: ReportVerdict;
  /** Label and text, in reading order: machine, versions, seed. */
  readonly facts: readonly ReportFact[];
  /** Words that the figures below cannot be read without. */
  readonly glossary: readonly ReportFact[];
  readonly sections: readonly ReportSection[];
}

export type ReportFact = readonly [label: string, text: string];

/** The banner: what a reader who stops here must know. */
export interface ReportVerdict {
  readonly tone: "good" | "warn" | "bad";
  /** In place of what the tone is called by itself. */
  readonly badge?: string;
  readonly headline: string;
  readonly statements: readonly {
    readonly label: string;
    readonly text: string;
    readonly tone: "good" | "warn" | "bad" | "plain";
  }[];
}

export interface ReportSection {
  readonly heading: string;
  /** The question this section answers, in a sentence. */
  readonly question: string;
  /** What all figures of the section have in common. */
  readonly facts: readonly ReportFact[];
  readonly tables: readonly ReportTable[];
  readonly charts: readonly ReportChart[];
  /** Caveats that belong beside the figures. */
  readonly notes: readonly string[];
}

export interface ReportTable {
  readonly caption: string;
  /** A sentence on how to read it. */
  readonly note?: string;
  readonly columns: readonly {
    readonly heading: string;
    readonly align: "left" | "right";
    readonly colourKey?: string;
  }[];
  readonly groups: readonly {
    /** Spans the rows beneath it; null for rows that need no heading. */
    readonly label: string | null;
    /** The first cell of a row is its heading. */
    readonly rows: readonly (readonly ReportCell[])[];
  }[];
  /** Shown as a line that opens on demand: for what is kept to be checked, not to be read. */
  readonly collapsed?: true;
}

export interface ReportCell {
  readonly text: string;
  /** A second, smaller line: a range, a reason. */
  readonly detail?: string;
  readonly tone?: "good" | "warn" | "bad" | "muted";
  readonly title?: string;
  /** Shows the colour that series of this key have. */
  readonly colourKey?: string;
}

export interface ReportChart {
  readonly caption: string;
  /** A sentence on how to read it. */
  readonly note?: string;
  /**
   * `percentile` draws x as -log10(1 - percentile / 100) with ticks 50 90 99 99.9 99.99; `dots` draws the points of each category
   * side by side in the order given, and beside them those of series with ranges.
   */
  readonly kind: "line" | "bar" | "percentile" | "dots";
  readonly xLabel: string;
  readonly yLabel: string;
  readonly yScale: "linear" | "logarithmic";
  /** bar, dots: one label per group. */
  readonly categories?: readonly string[];
  readonly series: readonly ReportSeries[];
  /** A horizontal line to compare with. */
  readonly mark?: { readonly y: number; readonly label: string };
  /** dots: lines across one category each. */
  readonly limits?: readonly ReportLimit[];
}

export interface ReportLimit {
  /** Index of its category. */
  readonly category: number;
  readonly y: number;
  readonly label: string;
}

export interface ReportSeries {
  readonly name: string;
  /** Series of one key have one colour in the whole report. */
  readonly colourKey: string;
  /** line, percentile: [x, y]; bar, dots: [category index, y], in bars one for each category. */
  readonly points: readonly (readonly [number, number])[];
  /** bar, dots: [category index, lowest, highest], drawn as a whisker. */
  readonly ranges?: readonly (readonly [number, number, number])[];
  /** Background of another series of the same key: drawn thin, left out of the legend. */
  readonly faint?: true;
}
