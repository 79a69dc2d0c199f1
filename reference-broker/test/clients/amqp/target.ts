/** Starts the broker under test with a plain and a TLS port: the reference broker, or RabbitMQ as the control. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "../../support/ports.ts";
import { type Certificates, makeCertificates } from "./certificates.ts";

export type AmqpTargetName = "reference" | "rabbitmq";

export interface AmqpTarget {
  readonly host: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly certificates: Certificates;
  /** Stops it and removes its data. */
  discard(): Promise<void>;
}

const HOST = "127.0.0.1";
const STARTUP_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 30_000;
const file = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const REFERENCE_ENTRY = file("../../../src/main.ts");
/** RabbitMQ is a target of the harness, which is called as users call it. */
const HARNESS_ENTRY = file("../../../../harness/bin/dev.ts");

/** The target named by BROKERMARK_TEST_TARGET; the reference broker when unset. Null for kafka, which has no AMQP. */
export function amqpTargetFromEnvironment(): AmqpTargetName | null {
  const name = process.env.BROKERMARK_TEST_TARGET ?? "reference";
  if (name === "kafka") return null;
  if (name !== "reference" && name !== "rabbitmq") {
    throw new Error(`BROKERMARK_TEST_TARGET is "${name}"; it must be reference, rabbitmq or kafka`);
  }
  return name;
}

export async function startAmqpTarget(name: AmqpTargetName): Promise<AmqpTarget> {
  const folder = await mkdtemp(path.join(tmpdir(), "brokermark-amqp-"));
  const certificates = await makeCertificates(folder);
  const tlsPort = await freePort();
  const args = name === "reference" ? referenceArguments : rabbitmqArguments;
  const child = spawn(process.execPath, args(folder, tlsPort, certificates), {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const onExit = () => void child.kill("SIGTERM");
  process.once("exit", onExit);
  const discard = async () => {
    process.off("exit", onExit);
    await stop(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { host: HOST, port: await listening(child), tlsPort, certificates, discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

function referenceArguments(folder: string, tlsPort: number, { certificate, key }: Certificates): string[] {
  return [
    REFERENCE_ENTRY,
    ...["--data-dir", path.join(folder, "data"), "--host", HOST, "--port", "0", "--amqp-port", "0"],
    ...["--amqp-tls-port", String(tlsPort), "--tls-cert", certificate, "--tls-key", key],
  ];
}

function rabbitmqArguments(folder: string, tlsPort: number, certificates: Certificates): string[] {
  const settings = {
    "listeners.ssl.1": `${HOST}:${tlsPort}`,
    "ssl_options.cacertfile": certificates.authority,
    "ssl_options.certfile": certificates.certificate,
    "ssl_options.keyfile": certificates.key,
  };
  const pairs = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  return [HARNESS_ENTRY, "targets", "start", `rabbitmq:${pairs.join(",")}`, "--directory", folder, "--json"];
}

/** The AMQP port, from the line that tells where it listens. */
function listening(child: ChildProcess): Promise<number> {
  let said = "";
  return new Promise((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`the broker ${what}\n${said.slice(-4096)}`));
    createInterface({ input: child.stdout! }).on("line", (line) => {
      said += `${line}\n`;
      const event = line.startsWith("{") ? JSON.parse(line) : {};
      if (event.event === "listening" && event.protocol === "amqp") resolve(event.port);
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
    });
    child.once("exit", (code) => fail(`ended with ${code} before it listened`));
    setTimeout(() => fail("does not listen"), STARTUP_LIMIT_MS).unref();
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await gone;
  clearTimeout(timer);
}
