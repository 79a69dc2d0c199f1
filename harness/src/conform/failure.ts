/** The broker did not do what the requirement asks; a case throws it, the report shows both sides. */
export class ConformanceFailure extends Error {
  readonly expected: string;
  readonly actual: string;
  /** Waited in vain: on a loaded machine that may prove nothing, so the case is run again alone. */
  readonly timedOut: boolean;

  constructor(expected: string, actual: string, options: { timedOut?: boolean } = {}) {
    super(`expected ${expected}, got ${actual}`);
    this.name = "ConformanceFailure";
    this.expected = expected;
    this.actual = actual;
    this.timedOut = options.timedOut ?? false;
  }
}

/** The circumstances did not allow a verdict, e.g. a machine too slow for a window; neither pass nor fail. */
export class Inconclusive extends Error {
  constructor(why: string) {
    super(why);
    this.name = "Inconclusive";
  }
}

/** The broker lacks something that the case found it needs; never a pass. */
export class Unsupported extends Error {
  constructor(what: string) {
    super(what);
    this.name = "Unsupported";
  }
}
