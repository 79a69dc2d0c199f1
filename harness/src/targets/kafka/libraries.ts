/** Where the jars of Apache Kafka are: of a distribution named by KAFKA_HOME, else of our own cache. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { HarnessError } from "../../errors.ts";
import { cacheDirectory } from "../installation.ts";

/** The exact version that `brokermark targets install kafka` resolves. */
export const KAFKA_VERSION = "4.3.1";

export const INSTALL_COMMAND = "brokermark targets install kafka";

export const HOW_TO_INSTALL = `${INSTALL_COMMAND} (needs mvn and Java 17), or set KAFKA_HOME to a distribution`;

export interface KafkaLibraries {
  /** Directory of the jars. */
  readonly directory: string;
  /** From the name of the server's jar. */
  readonly version: string;
}

export function cachedLibrariesDirectory(env: NodeJS.ProcessEnv, version: string): string {
  return join(cacheDirectory(env), `kafka-${version}`, "libs");
}

/**
 * `wanted` null: what KAFKA_HOME has, else the version above. Throws TARGET_NOT_INSTALLED when there is no Kafka where one
 * is looked for.
 */
export async function findKafkaLibraries(
  env: NodeJS.ProcessEnv,
  wanted: string | null = null,
): Promise<KafkaLibraries> {
  if (wanted !== null) return await findVersion(env, wanted);
  const home = env.KAFKA_HOME;
  const directory = home ? join(home, "libs") : cachedLibrariesDirectory(env, KAFKA_VERSION);
  const version = await readKafkaVersion(directory);
  if (version !== null) return { directory, version };
  if (home) {
    throw new HarnessError(
      "TARGET_NOT_INSTALLED",
      `KAFKA_HOME is ${home}, which has no libs/kafka_2.13-*.jar`,
      {
        hint: `point KAFKA_HOME to an unpacked Apache Kafka distribution, or unset it and run ${INSTALL_COMMAND}`,
      },
    );
  }
  throw new HarnessError("TARGET_NOT_INSTALLED", "Apache Kafka is not installed", { hint: HOW_TO_INSTALL });
}

async function findVersion(env: NodeJS.ProcessEnv, wanted: string): Promise<KafkaLibraries> {
  const homes = env.KAFKA_HOME ? [join(env.KAFKA_HOME, "libs")] : [];
  for (const directory of [...homes, cachedLibrariesDirectory(env, wanted)]) {
    if ((await readKafkaVersion(directory)) === wanted) return { directory, version: wanted };
  }
  throw new HarnessError("TARGET_NOT_INSTALLED", `Apache Kafka ${wanted} is not installed`, {
    hint: "set KAFKA_HOME to a distribution of it",
  });
}

/** Version of the server jar in a directory, null when there is none. */
export async function readKafkaVersion(directory: string): Promise<string | null> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names) {
    const match = /^kafka_2\.\d+-(\d+\.\d+\.\d+[^/]*)\.jar$/.exec(name);
    if (match?.[1] !== undefined && !/-(sources|javadoc|test)/.test(name)) return match[1];
  }
  return null;
}
