/** Thrown by a handler when the protocol leaves no other way to say no. */
export class CloseConnection extends Error {
  override readonly name = "CloseConnection";
}
