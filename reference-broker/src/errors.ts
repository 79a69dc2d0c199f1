/** Operating errors of the broker process; every code has one exit code, as in the harness's list. */
export const BROKER_ERRORS = {
  BAD_OPTION: 2,
  PORT_TAKEN: 5,
  ADDRESS_UNAVAILABLE: 5,
  DATA_DIRECTORY_UNWRITABLE: 5,
  DATA_DIRECTORY_IN_USE: 5,
  DATA_DIRECTORY_CORRUPT: 5,
  STORAGE_FAILED: 5,
} as const;

export type BrokerErrorCode = keyof typeof BROKER_ERRORS;

export class BrokerError extends Error {
  readonly code: BrokerErrorCode;

  constructor(code: BrokerErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "BrokerError";
    this.code = code;
  }

  get exitCode(): number {
    return BROKER_ERRORS[this.code];
  }
}
