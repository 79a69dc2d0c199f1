/** The SASL mechanisms of connection.start: what the client's response says, not whether it is right. */
import { decodeFieldTable } from "../../mechanisms/field-table.ts";

export type Mechanism = "PLAIN" | "AMQPLAIN" | "EXTERNAL";

export interface Credentials {
  readonly user: string;
  /** null: the name was proven by the client's certificate. */
  readonly password: string | null;
}

/** `certificateName`: common name of a verified client certificate, or null; only with one is EXTERNAL offered. */
export function offeredMechanisms(certificateName: string | null): readonly Mechanism[] {
  return certificateName === null ? ["PLAIN", "AMQPLAIN"] : ["PLAIN", "AMQPLAIN", "EXTERNAL"];
}

/** null: the response does not have the mechanism's form. */
export function readCredentials(
  mechanism: Mechanism,
  response: Buffer,
  certificateName: string | null,
): Credentials | null {
  switch (mechanism) {
    case "PLAIN":
      return readPlain(response);
    case "AMQPLAIN":
      return readAmqplain(response);
    case "EXTERNAL":
      return certificateName === null ? null : { user: certificateName, password: null };
  }
}

/** RFC 4616: authorization identity, NUL, user, NUL, password. The first is ignored. */
function readPlain(response: Buffer): Credentials | null {
  const parts = response.toString("utf8").split("\0");
  const [, user, password] = parts;
  return parts.length === 3 && user !== undefined && password !== undefined ? { user, password } : null;
}

/** A field table without its length, with LOGIN and PASSWORD. */
function readAmqplain(response: Buffer): Credentials | null {
  const sized = Buffer.allocUnsafe(response.length + 4);
  sized.writeUInt32BE(response.length);
  response.copy(sized, 4);
  try {
    const table = decodeFieldTable(sized);
    const field = (name: string) => table.find(([candidate]) => candidate === name)?.[1].value;
    const user = asText(field("LOGIN"));
    const password = asText(field("PASSWORD"));
    return user === null || password === null ? null : { user, password };
  } catch {
    return null;
  }
}

function asText(value: unknown): string | null {
  if (typeof value === "string") return value;
  return Buffer.isBuffer(value) ? value.toString("utf8") : null;
}
