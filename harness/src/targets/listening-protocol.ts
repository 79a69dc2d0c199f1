/** Which protocol is served at an address that does not say so. */
import { HarnessError } from "../errors.ts";
import type { Endpoint } from "../load/protocol.ts";
import { AmqpControl } from "./amqp/connection.ts";
import { PASSWORD_VARIABLE, parseEndpoint } from "./external.ts";
import type { Protocol } from "./target.ts";
import { ControlConnection } from "./wire/connection.ts";

type Open = (endpoint: Endpoint, signal: AbortSignal) => Promise<Disposable>;

/** In the order in which they are tried: a server of one closes on the first bytes of the other. */
const OPEN: Readonly<Record<Protocol, Open>> = {
  kafka: (endpoint, signal) => ControlConnection.open(endpoint, signal),
  amqp: (endpoint, signal) => AmqpControl.open(endpoint, signal),
};

/** What the URL says, else the first protocol that is answered in. Throws USAGE, TARGET_UNREACHABLE. */
export async function listeningProtocol(url: string, signal: AbortSignal): Promise<Protocol> {
  const password = process.env[PASSWORD_VARIABLE];
  const possible = possibleProtocols(url);
  const endpoints = possible.map((protocol) => ({
    protocol,
    endpoint: parseEndpoint(url, protocol, password),
  }));
  if (endpoints.length === 1) return possible[0]!;
  const refusals: string[] = [];
  for (const { protocol, endpoint } of endpoints) {
    try {
      using _ = await OPEN[protocol](endpoint, signal);
      return protocol;
    } catch (error) {
      if (signal.aborted || !(error instanceof HarnessError)) throw error;
      refusals.push(`${protocol}: ${error.message}`);
    }
  }
  throw new HarnessError("TARGET_UNREACHABLE", `neither protocol is answered: ${refusals.join("; ")}`, {
    hint: "start the broker first; kafka:// or amqp:// before its address says which protocol is meant",
  });
}

/** A user or a virtual host is AMQP's. */
function possibleProtocols(url: string): Protocol[] {
  const [scheme, rest] = url.split("://", 2);
  if (rest !== undefined && (scheme === "kafka" || scheme === "amqp")) return [scheme];
  return /[@/]/.test(url) ? ["amqp"] : ["kafka", "amqp"];
}
