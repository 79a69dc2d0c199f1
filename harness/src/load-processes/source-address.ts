/** Fewer than the 28,232 ports that Linux gives to clients by default, since others want some too. */
export const CONNECTIONS_PER_ADDRESS = 20_000;

/**
 * Where connection number `place` to a listener on the loopback should come from, so that ports do not run out; null: the
 * system's choice. The loopback is all of 127.0.0.0/8 on Linux; elsewhere, and for other hosts, ports are the limit.
 */
export function sourceAddress(host: string, place: number, platform = process.platform): string | null {
  if (platform !== "linux" || host !== "127.0.0.1" || place < CONNECTIONS_PER_ADDRESS) return null;
  return `127.0.0.${1 + Math.floor(place / CONNECTIONS_PER_ADDRESS)}`;
}
