/** A figure that only one workload has: what it is called, in which unit, and which way is better. */
export interface FigureSpec {
  /** As tables print it, without the unit. */
  readonly title: string;
  readonly unit:
    | "messages/s"
    | "bytes/s"
    | "us"
    | "s"
    | "bytes"
    | "1"
    | "messages"
    | "connections"
    | "connections/s"
    | "requests";
  readonly better: "higher" | "lower";
}
