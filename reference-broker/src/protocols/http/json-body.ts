/** JSON in request bodies. Numbers that a double cannot hold as they were written are kept as text. */
import { isUtf8 } from "node:buffer";
import { HttpError } from "./http-error.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Not in the language's declarations yet (ECMAScript proposal "JSON.parse source text access"). */
interface JsonWithSource {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
}

const json = JSON as unknown as JsonWithSource;

/** Only with one of these can a number differ from what is written again: many digits, a fraction, an exponent, -0. */
const UNUSUAL_NUMBER = /\d{16}|\d[.eE]|-0/;

/** Throws bad_request. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) throw new HttpError("bad_request", "the body is empty: JSON is expected");
  if (!isUtf8(body)) throw new HttpError("bad_request", "the body is not UTF-8");
  const text = body.toString("utf8");
  try {
    return UNUSUAL_NUMBER.test(text) ? json.parse(text, keepNumber) : JSON.parse(text);
  } catch (error) {
    throw new HttpError("bad_request", `the body is not JSON: ${(error as Error).message}`);
  }
}

function keepNumber(_key: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value !== "number" || source === undefined || String(value) === source
    ? value
    : json.rawJSON(source);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The number of a value that parseJson may have kept as text; null: it is none. */
export function numberOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  return json.isRawJSON(value) ? Number(value.rawJSON) : null;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** With padding, without line breaks (RFC 4648, section 4). */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && BASE64.test(text);
}
