/** AMQP over TLS, and clients that prove their name by a certificate. Certificates are made with openssl(1). */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { type ConnectionOptions, connect } from "node:tls";
import { AmqpClient } from "../../support/amqp-connection.ts";
import { publish } from "../../support/amqp-frames.ts";
import { type BrokerProcess, startBroker } from "../../support/broker-process.ts";

function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const skip = hasOpenssl() ? false : "no `openssl` on the path, which makes the certificates";

let folder: string;
let broker: BrokerProcess;
let tlsPort: number;

const file = (name: string) => path.join(folder, name);
const read = (name: string) => readFileSync(file(name), "utf8");
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];

function run(...args: string[]): void {
  execFileSync("openssl", args, { stdio: "ignore" });
}

function makeAuthority(name: string): void {
  const out = ["-keyout", file(`${name}.key`), "-out", file(`${name}.pem`)];
  run("req", "-x509", ...NEW_KEY, "-subj", `/CN=${name}`, ...out);
}

function makeCertificate(name: string, commonName: string, authority: string): void {
  const request = ["-keyout", file(`${name}.key`), "-out", file(`${name}.csr`)];
  run("req", "-new", ...NEW_KEY.slice(0, -2), "-subj", `/CN=${commonName}`, ...request);
  writeFileSync(file("extensions"), "subjectAltName = IP:127.0.0.1\n");
  const signing = ["-CA", file(`${authority}.pem`), "-CAkey", file(`${authority}.key`), "-CAcreateserial"];
  const files = ["-in", file(`${name}.csr`), "-extfile", file("extensions"), "-out", file(`${name}.pem`)];
  run("x509", "-req", "-days", "2", ...files, ...signing);
}

before(async () => {
  if (skip !== false) return;
  folder = await mkdtemp(path.join(tmpdir(), "brokermark-tls-"));
  makeAuthority("authority");
  makeAuthority("stranger");
  makeCertificate("server", "localhost", "authority");
  makeCertificate("client", "robot", "authority");
  makeCertificate("nobody", "nobody", "authority");
  makeCertificate("forged", "robot", "stranger");
  broker = await startBroker({
    target: "reference",
    args: [
      ...["--amqp-tls-port", "0", "--tls-cert", file("server.pem"), "--tls-key", file("server.key")],
      ...["--tls-ca", file("authority.pem"), "--user", "robot:unused"],
    ],
  });
  tlsPort = (await broker.amqp).tlsPort!;
});
after(async () => {
  await broker?.discard();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

async function connected(options: ConnectionOptions = {}): Promise<AmqpClient> {
  const socket = connect({ host: "127.0.0.1", port: tlsPort, ca: read("authority.pem"), ...options });
  await once(socket, "secureConnect");
  return new AmqpClient(socket);
}

const withCertificate = (name: string) => ({ cert: read(`${name}.pem`), key: read(`${name}.key`) });

test("a password logs in over TLS, and messages of many sizes come back as they were", { skip }, async () => {
  const client = await connected();
  await client.login();
  await client.openChannel(1);
  const QUEUE = { passive: false, durable: false, exclusive: true, autoDelete: false, noWait: false };
  client.send(1, "queue.declare", { queue: "tls", ...QUEUE, arguments: [] });
  await client.expect(1, "queue.declare-ok");
  for (const size of [0, 1, 4000, 100_000]) {
    const content = Buffer.alloc(size, size % 251);
    client.write(publish(1, "", "tls", content));
    client.send(1, "basic.get", { queue: "tls", noAck: true });
    await client.expect(1, "basic.get-ok");
    assert.ok((await client.content(1)).body.equals(content));
  }
  client.destroy();
});

const EXTERNAL = { mechanism: "EXTERNAL", response: Buffer.alloc(0) };

test("EXTERNAL takes the name of the certificate", { skip }, async () => {
  const client = await connected(withCertificate("client"));
  await client.login(EXTERNAL);
  await client.openChannel(1);
  const properties = Buffer.from("\x00\x10\x05guest", "latin1");
  client.write(publish(1, "", "none", Buffer.from("x"), { properties }));
  assert.match(await client.expectChannelClose(1, 406), /authenticated user was 'robot'$/);
  client.destroy();
});

test("EXTERNAL is refused without a certificate and for a name that is no user's", { skip }, async () => {
  const without = await connected();
  await without.authenticate(EXTERNAL);
  await without.expectEnd();
  const unknown = await connected(withCertificate("nobody"));
  await unknown.authenticate({ ...EXTERNAL, capabilities: ["authentication_failure_close"] });
  await unknown.expectConnectionClose(403);
});

test("a certificate of a stranger ends the connection, whatever it would log in as", { skip }, async () => {
  const client = await connected(withCertificate("forged"));
  await client.expectEnd();
});

test("plain bytes on the TLS port end the connection and nothing else", { skip }, async () => {
  const plain = await AmqpClient.connect(tlsPort);
  plain.write(Buffer.from("AMQP\x00\x00\x09\x01", "latin1"));
  while ((await plain.next()) !== null);
  const client = await connected();
  await client.login();
  client.destroy();
});
