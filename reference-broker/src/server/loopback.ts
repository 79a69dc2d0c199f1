import type { Socket } from "node:net";

/** Whether the peer is this machine. */
export function isLoopback({ remoteAddress }: Socket): boolean {
  if (remoteAddress === undefined) return false;
  return remoteAddress === "::1" || /^(::ffff:)?127\./.test(remoteAddress);
}
