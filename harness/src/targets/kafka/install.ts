/** Resolves Apache Kafka's jars from Maven Central into the cache: into a temporary directory, then renamed. */
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { HarnessError } from "../../errors.ts";
import { readLogTail } from "../log-tail.ts";
import { describeExit, startProcess } from "../process.ts";
import { findJava } from "./java.ts";
import { cachedLibrariesDirectory, KAFKA_VERSION, readKafkaVersion } from "./libraries.ts";

export interface InstallOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Install again although it is there. */
  readonly force: boolean;
  readonly onProgress: (line: string) => void;
}

export interface Installed {
  readonly directory: string;
  readonly version: string;
  /** False: it was there already. */
  readonly fresh: boolean;
}

/** Throws INSTALL_FAILED (no mvn, no network, disk) or TARGET_NOT_INSTALLED (no Java). */
export async function installKafka({ env, signal, force, onProgress }: InstallOptions): Promise<Installed> {
  const libraries = cachedLibrariesDirectory(env);
  const present = await readKafkaVersion(libraries);
  if (present !== null && !force) return { directory: libraries, version: present, fresh: false };
  await findJava(env, signal);
  const home = dirname(libraries);
  const temporary = await makeTemporary(home);
  try {
    onProgress(`resolving Apache Kafka ${KAFKA_VERSION} with mvn; the first time this takes a minute or two`);
    await resolveWithMaven(temporary, env, signal, onProgress);
    const version = await readKafkaVersion(join(temporary, "libs"));
    if (version !== KAFKA_VERSION) {
      throw new HarnessError(
        "INSTALL_FAILED",
        `mvn ended well, yet kafka_2.13-${KAFKA_VERSION}.jar is not there`,
      );
    }
    await rm(join(temporary, "build"), { recursive: true });
    await rm(home, { recursive: true, force: true });
    await rename(temporary, home);
    return { directory: libraries, version, fresh: true };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The server (started by its main class), its tools, and the logging that the distribution adds to them. */
const ARTIFACTS = [
  { group: "org.apache.kafka", artifact: "kafka_2.13", version: KAFKA_VERSION },
  { group: "org.apache.kafka", artifact: "kafka-tools", version: KAFKA_VERSION },
  { group: "org.apache.logging.log4j", artifact: "log4j-slf4j-impl", version: "2.25.4" },
];

export function pomXml(): string {
  const dependencies = ARTIFACTS.map(
    ({ group, artifact, version }) => `    <dependency>
      <groupId>${group}</groupId>
      <artifactId>${artifact}</artifactId>
      <version>${version}</version>
    </dependency>`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>brokermark</groupId>
  <artifactId>kafka-libraries</artifactId>
  <version>1</version>
  <dependencies>
${dependencies.join("\n")}
  </dependencies>
</project>
`;
}

/** What to do about a failed resolution, from what mvn printed. */
export function explainMavenFailure(printed: string): string {
  if (
    /Unknown host|Connection refused|Network is unreachable|Connect timed out|offline mode|No route to host/i.test(
      printed,
    )
  ) {
    return "the Maven repository cannot be reached: check network, proxy and mirror (settings.xml), or set KAFKA_HOME to a distribution you have";
  }
  if (/No space left/i.test(printed)) return "free about 150 MB on the disk of the cache and of ~/.m2";
  return "run it again; if that does not help, set KAFKA_HOME to an unpacked Apache Kafka distribution";
}

async function makeTemporary(home: string): Promise<string> {
  try {
    await mkdir(dirname(home), { recursive: true });
    return await mkdtemp(join(dirname(home), `.${basename(home)}-`));
  } catch (cause) {
    throw new HarnessError(
      "INSTALL_FAILED",
      `cannot write the cache ${dirname(home)}: ${(cause as Error).message}`,
      {
        hint: "set XDG_CACHE_HOME to a directory that you may write to",
        cause,
      },
    );
  }
}

async function resolveWithMaven(
  directory: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  onProgress: (line: string) => void,
): Promise<void> {
  const build = join(directory, "build");
  await mkdir(build);
  await writeFile(join(build, "pom.xml"), pomXml());
  const output = `-DoutputDirectory=${join(directory, "libs")}`;
  const args = ["--batch-mode", "dependency:copy-dependencies", "-DincludeScope=runtime", output];
  await using maven = await startMaven(build, args, env);
  const began = Date.now();
  const ticking = setInterval(() => onProgress(progressLine(maven.logFile, Date.now() - began)), 2000);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
  try {
    const exit = await Promise.race([maven.exited, aborted]);
    if (exit.code === 0) return;
    const printed = readLogTail(maven.logFile, 20).join("\n");
    throw new HarnessError(
      "INSTALL_FAILED",
      `mvn could not resolve Apache Kafka (${describeExit(exit)}):\n${printed}`,
      {
        hint: explainMavenFailure(printed),
      },
    );
  } finally {
    clearInterval(ticking);
  }
}

async function startMaven(directory: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  try {
    return await startProcess({ label: "install", command: "mvn", args, directory, env, announces: false });
  } catch (cause) {
    throw new HarnessError("INSTALL_FAILED", `cannot run mvn: ${((cause as Error).cause as Error).message}`, {
      hint: "install Apache Maven 3.6 or newer, or set KAFKA_HOME to an unpacked Apache Kafka distribution",
      cause,
    });
  }
}

/** mvn prints a line per file it downloads; the last one says how far it is. */
function progressLine(logFile: string, elapsedMs: number): string {
  const last = readLogTail(logFile, 1)[0] ?? "";
  const file = /(?:Downloaded|Downloading|Progress|Copying) .*?([^/\s]+\.(?:jar|pom))/.exec(last)?.[1];
  return `${Math.round(elapsedMs / 1000)} s${file === undefined ? "" : `: ${file}`}`;
}
