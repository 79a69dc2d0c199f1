/** Field data that AMQP 0-9-1 does not allow: cut short, too deep, of an unknown type. The peer's mistake, never ours. */
export class FieldSyntaxError extends Error {
  override readonly name = "FieldSyntaxError";
  readonly code = "syntax";
}

/** Tables and arrays in one another. Each level costs a stack frame, and six octets are enough for one. */
export const MAX_FIELD_DEPTH = 64;
