/** Open loop. Times are microseconds from the start of the load. */
export interface ProducerSchedule {
  /** Intended send time of the first message of batch `sequence`; the others follow at `messageIntervalUs`. */
  intendedUs(sequence: number): number;
  /** When that batch is to leave: full, or its first message lingered long enough. */
  dueUs(sequence: number): number;
}

/** The rate is over all producers. */
interface RateParameters {
  readonly producers: number;
  readonly lingerMs: number;
  readonly ratePerSecond: number;
}

/** Between two messages of one producer. */
export function messageIntervalUs(parameters: RateParameters): number {
  return (parameters.producers * 1e6) / parameters.ratePerSecond;
}

/** How many messages a producer collects before its linger time ends, as Java's `linger.ms` is applied. */
export function lingeringRecords(parameters: RateParameters): number {
  return Math.max(1, Math.floor((parameters.lingerMs * 1e3) / messageIntervalUs(parameters)) + 1);
}

/** `recordsPerBatch` is what fits, at most `lingeringRecords`. Producers are spread evenly over a batch's time. */
export function scheduleOf(
  parameters: RateParameters,
  producer: number,
  recordsPerBatch: number,
): ProducerSchedule {
  const intervalUs = messageIntervalUs(parameters);
  const batchUs = intervalUs * recordsPerBatch;
  const phaseUs = (batchUs * producer) / parameters.producers;
  const fillsBeforeLingerEnds = recordsPerBatch < lingeringRecords(parameters);
  const heldUs = fillsBeforeLingerEnds ? intervalUs * (recordsPerBatch - 1) : parameters.lingerMs * 1e3;
  const intendedUs = (sequence: number) => phaseUs + sequence * batchUs;
  return { intendedUs, dueUs: (sequence) => intendedUs(sequence) + heldUs };
}
