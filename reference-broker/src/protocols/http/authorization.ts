/** Basic authentication (RFC 7617), with the same users as AMQP. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
}

const SCHEME = /^basic +([A-Za-z0-9+/_-]+={0,2})$/i;

/** null: no header of this form. */
export function readBasicCredentials(header: string): Credentials | null {
  const encoded = SCHEME.exec(header)?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? null : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
