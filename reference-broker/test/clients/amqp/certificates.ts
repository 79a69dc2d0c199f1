/** A certificate authority and a server certificate of it for 127.0.0.1, made for one run with openssl(1). */
import { execFile, execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

export interface Certificates {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Null when openssl runs; otherwise the reason. */
export function opensslUnavailable(): string | null {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return null;
  } catch {
    return "no `openssl` on the path";
  }
}

const run = promisify(execFile);
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const EXTENSIONS = `subjectAltName = IP:127.0.0.1, DNS:localhost
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
`;

/** Writes them into `folder`, valid for two days. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const file = (name: string) => path.join(folder, name);
  const authority = file("authority.pem");
  await run("openssl", [
    ...["req", "-x509", ...NEW_KEY, "-days", "2", "-subj", "/CN=brokermark test authority"],
    ...["-keyout", file("authority.key"), "-out", authority],
  ]);
  await run("openssl", [
    ...["req", "-new", ...NEW_KEY, "-subj", "/CN=localhost"],
    ...["-keyout", file("server.key"), "-out", file("server.csr")],
  ]);
  await writeFile(file("server.ext"), EXTENSIONS);
  await run("openssl", [
    ...["x509", "-req", "-in", file("server.csr"), "-days", "2", "-extfile", file("server.ext")],
    ...["-CA", authority, "-CAkey", file("authority.key"), "-CAcreateserial", "-out", file("server.pem")],
  ]);
  return { authority, certificate: file("server.pem"), key: file("server.key") };
}
