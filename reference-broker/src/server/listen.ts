import type net from "node:net";
import { BrokerError } from "../errors.ts";

const BACKLOG = 1024;

/** Resolves with the port. Throws PORT_TAKEN or ADDRESS_UNAVAILABLE; `option` is the one to change then. */
export function listen(server: net.Server, host: string, port: number, option: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException) => reject(explain(error, host, port, option));
    server.once("error", refused);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off("error", refused);
      resolve((server.address() as net.AddressInfo).port);
    });
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number, option: string): BrokerError {
  if (error.code === "EADDRINUSE") {
    return new BrokerError(
      "PORT_TAKEN",
      `${host}:${port} is taken: choose another --${option}, or 0 for a free one`,
      error,
    );
  }
  return new BrokerError(
    "ADDRESS_UNAVAILABLE",
    `cannot listen on ${host}:${port} (${error.code}): check --host and --${option}`,
    error,
  );
}
