/** Passwords as they are kept: salted and hashed by scrypt, or in the form of RabbitMQ's definitions files. */
import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";

export type StoredPassword =
  | { readonly scheme: "scrypt"; readonly salt: string; readonly hash: string }
  /** base64 of 4 bytes of salt and SHA-256 (or SHA-512) of salt and password: RabbitMQ's password_hash. */
  | { readonly scheme: "rabbit-sha256" | "rabbit-sha512"; readonly hash: string }
  /** "guest", which everybody knows: good from loopback only, and not worth hashing at every first start. */
  | { readonly scheme: "well-known" }
  /** No password is right: the user proves itself by a certificate. */
  | { readonly scheme: "none" };

const SALT_BYTES = 16;
const HASH_BYTES = 32;
const RABBIT_SALT_BYTES = 4;
/** About 30 ms on a thread of its own, 16 MiB. */
const COST = { N: 16_384, r: 8, p: 1 };
const WELL_KNOWN = "guest";

export async function hashPassword(password: string): Promise<StoredPassword> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt);
  return { scheme: "scrypt", salt: salt.toString("base64"), hash: hash.toString("base64") };
}

export async function isPassword(password: string, stored: StoredPassword): Promise<boolean> {
  switch (stored.scheme) {
    case "well-known":
      return password === WELL_KNOWN;
    case "none":
      return false;
    case "scrypt":
      return equal(
        await derive(password, Buffer.from(stored.salt, "base64")),
        Buffer.from(stored.hash, "base64"),
      );
    default: {
      const bytes = Buffer.from(stored.hash, "base64");
      const algorithm = stored.scheme === "rabbit-sha256" ? "sha256" : "sha512";
      const hash = createHash(algorithm)
        .update(bytes.subarray(0, RABBIT_SALT_BYTES))
        .update(password)
        .digest();
      return equal(hash, bytes.subarray(RABBIT_SALT_BYTES));
    }
  }
}

function equal(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, COST, (error, hash) =>
      error === null ? resolve(hash) : reject(error),
    );
  });
}
