/** A buffer with memory of its own: kept or dropped alone, it pins nothing else. Contents are undefined. */
export function allocateUnpooled(bytes: number): Buffer<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(bytes);
}
