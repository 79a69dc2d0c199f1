/** Resolves Apache Kafka's jars from Maven Central into the cache: into a temporary directory, then renamed. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { HarnessError } from "../../errors.ts";
import {
  type Installed,
  type InstallOptions,
  makeTemporaryDirectory,
  runInstaller,
} from "../installation.ts";
import { findJava } from "./java.ts";
import { cachedLibrariesDirectory, KAFKA_VERSION, readKafkaVersion } from "./libraries.ts";

/** Throws INSTALL_FAILED (no mvn, no network, no such version, disk) or TARGET_NOT_INSTALLED (no Java). */
export async function installKafka(
  options: InstallOptions,
  wanted: string = KAFKA_VERSION,
): Promise<Installed> {
  const { env, signal, force, onProgress } = options;
  const libraries = cachedLibrariesDirectory(env, wanted);
  const present = await readKafkaVersion(libraries);
  if (present !== null && !force) return { directory: libraries, version: present, fresh: false };
  await findJava(env, signal);
  const home = dirname(libraries);
  const temporary = await makeTemporaryDirectory(env, basename(home));
  try {
    onProgress(`resolving Apache Kafka ${wanted} with mvn; the first time this takes a minute or two`);
    await resolveWithMaven(temporary, wanted, options);
    const version = await readKafkaVersion(join(temporary, "libs"));
    if (version !== wanted) {
      throw new HarnessError("INSTALL_FAILED", `mvn ended well, yet kafka_2.13-${wanted}.jar is not there`);
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
const artifactsOf = (version: string) => [
  { group: "org.apache.kafka", artifact: "kafka_2.13", version },
  { group: "org.apache.kafka", artifact: "kafka-tools", version },
  { group: "org.apache.logging.log4j", artifact: "log4j-slf4j-impl", version: "2.25.4" },
];

export function pomXml(kafkaVersion: string): string {
  const dependencies = artifactsOf(kafkaVersion).map(
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
  if (/Could not find artifact org\.apache\.kafka/i.test(printed))
    return "there is no such version of Apache Kafka";
  if (/No space left/i.test(printed)) return "free about 150 MB on the disk of the cache and of ~/.m2";
  return "run it again; if that does not help, set KAFKA_HOME to an unpacked Apache Kafka distribution";
}

async function resolveWithMaven(directory: string, version: string, options: InstallOptions): Promise<void> {
  const build = join(directory, "build");
  await mkdir(build);
  await writeFile(join(build, "pom.xml"), pomXml(version));
  const output = `-DoutputDirectory=${join(directory, "libs")}`;
  await runInstaller(
    {
      command: "mvn",
      args: ["--batch-mode", "dependency:copy-dependencies", "-DincludeScope=runtime", output],
      directory: build,
      progress: progressOf,
      explain: explainMavenFailure,
      missing: (cause) =>
        new HarnessError("INSTALL_FAILED", `cannot run mvn: ${cause.message}`, {
          hint: "install Apache Maven 3.6 or newer, or set KAFKA_HOME to an unpacked Apache Kafka distribution",
          cause,
        }),
    },
    options,
  );
}

/** mvn prints a line per file it downloads; the last one says how far it is. */
function progressOf(line: string): string | null {
  return /(?:Downloaded|Downloading|Progress|Copying) .*?([^/\s]+\.(?:jar|pom))/.exec(line)?.[1] ?? null;
}
