/** The clients of the matrix: how each is installed into the user's cache, and how its program is run. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
}

export interface AmqpClient {
  readonly name: string;
  /** Headers of case `properties` whose type the library cannot write. */
  readonly lackingHeaders?: readonly string[];
  /** Installs and builds what is not there yet. Throws NotRun where runtime or registry is missing. */
  prepare(): Promise<Program>;
}

/** Why a client is not run, in words for a person. */
export class NotRun extends Error {}

const run = promisify(execFile);
const PREPARE_LIMIT_MS = 480_000;
const folder = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export const CLIENTS: readonly AmqpClient[] = [
  { name: "amqplib", prepare: () => node("amqplib.ts") },
  { name: "rabbitmq-client", prepare: () => node("rabbitmq-client.ts") },
  { name: "@cloudamqp/amqp-client", prepare: () => node("cloudamqp.ts") },
  { name: "pika", prepare: () => python("cases_pika.py"), lackingHeaders: ["double"] },
  { name: "aio-pika", prepare: () => python("cases_aio_pika.py") },
  { name: "RabbitMQ Java client", prepare: java },
  { name: "amqp091-go", prepare: go },
  { name: "lapin", prepare: rust },
];

async function node(program: string): Promise<Program> {
  return { file: process.execPath, args: [path.join(folder("node"), program)] };
}

async function python(program: string): Promise<Program> {
  const requirements = path.join(folder("python"), "requirements.txt");
  await requireCommand(
    "python3",
    ["-c", "import venv, sys; sys.exit(sys.version_info < (3, 11))"],
    "Python 3.11",
  );
  const home = cacheFor("python", requirements);
  const interpreter = path.join(home, "bin", "python");
  await once(home, async () => {
    await prepareWith("python3", ["-m", "venv", home]);
    await prepareWith(interpreter, ["-m", "pip", "install", "-q", "-r", requirements]);
  });
  return { file: interpreter, args: ["-B", path.join(folder("python"), program)] };
}

async function java(): Promise<Program> {
  const pom = path.join(folder("java"), "pom.xml");
  await requireCommand("java", ["-version"], "Java 17");
  await requireCommand("mvn", ["-v"], "Apache Maven");
  const home = cacheFor("java", pom);
  await once(home, () =>
    prepareWith("mvn", [
      ...["-q", "-B", "-f", pom, "dependency:copy-dependencies"],
      ...[`-DoutputDirectory=${path.join(home, "libs")}`, "-DincludeScope=runtime"],
    ]),
  );
  const source = path.join(folder("java"), "AmqpClient.java");
  return { file: "java", args: ["-XX:TieredStopAtLevel=1", "-cp", path.join(home, "libs", "*"), source] };
}

/** Built anew each time: the compilers' own caches know what has changed. */
async function go(): Promise<Program> {
  await requireCommand("go", ["version"], "Go");
  const file = path.join(cacheFor("go", path.join(folder("go"), "go.mod")), "client");
  await prepareWith("go", ["build", "-o", file, "."], folder("go"));
  return { file, args: [] };
}

async function rust(): Promise<Program> {
  await requireCommand("cargo", ["--version"], "Rust");
  const manifest = path.join(folder("rust"), "Cargo.toml");
  const target = cacheFor("rust", path.join(folder("rust"), "Cargo.lock"));
  await prepareWith("cargo", [
    "build",
    "-q",
    "--locked",
    "--manifest-path",
    manifest,
    "--target-dir",
    target,
  ]);
  return { file: path.join(target, "debug", "amqp-client"), args: [] };
}

/** Another manifest is another directory. */
function cacheFor(language: string, manifest: string): string {
  const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache");
  const digest = createHash("sha256").update(readFileSync(manifest)).digest("hex").slice(0, 12);
  return path.join(cache, "brokermark", "clients", `${language}-${digest}`);
}

/** An installation that did not come to its end, killed or failed, is none. */
async function once(home: string, install: () => Promise<void>): Promise<void> {
  const done = path.join(home, "installed");
  if (existsSync(done)) return;
  await rm(home, { recursive: true, force: true });
  await mkdir(path.dirname(home), { recursive: true });
  await install();
  await writeFile(done, "");
}

async function requireCommand(file: string, args: readonly string[], what: string): Promise<void> {
  try {
    await run(file, args);
  } catch {
    throw new NotRun(`no \`${file}\` on the path (${what})`);
  }
}

async function prepareWith(file: string, args: readonly string[], cwd?: string): Promise<void> {
  try {
    await run(file, args, { timeout: PREPARE_LIMIT_MS, maxBuffer: 2 ** 26, ...(cwd ? { cwd } : {}) });
  } catch (error) {
    const { stderr, stdout, message } = error as { stderr?: string; stdout?: string; message: string };
    const printed = (stderr || stdout || message).trim();
    if (/resolve|network|registry|connect|timed out|SSL|Could not transfer|dial tcp/i.test(printed)) {
      throw new NotRun(`${file} could not fetch it: ${printed.slice(-600)}`);
    }
    throw new Error(`${file} ${args.join(" ")}\n${printed}`);
  }
}
