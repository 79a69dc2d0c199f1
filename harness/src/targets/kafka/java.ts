import { execFile } from "node:child_process";
import { join } from "node:path";
import { HarnessError } from "../../errors.ts";

export const MINIMUM_JAVA = 17;

const HINT = `install Java ${MINIMUM_JAVA} or newer (a headless runtime will do) and put it on PATH, or set JAVA_HOME`;

/** The `java` command to use: of JAVA_HOME when that is set, else of PATH. Throws TARGET_NOT_INSTALLED. */
export async function findJava(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  const home = env.JAVA_HOME;
  const command = home ? join(home, "bin", "java") : "java";
  const printed = await runJavaVersion(command, env, signal);
  const major = parseJavaMajor(printed);
  if (major === null || major < MINIMUM_JAVA) {
    const found = major === null ? `an unknown version (${printed.split("\n", 1)[0]})` : `Java ${major}`;
    throw new HarnessError(
      "TARGET_NOT_INSTALLED",
      `Apache Kafka needs Java ${MINIMUM_JAVA}, ${command} is ${found}`,
      {
        hint: HINT,
      },
    );
  }
  return command;
}

/** Major version of what `java -version` prints (`1.8.0_452` is 8), null when it is not understood. */
export function parseJavaMajor(printed: string): number | null {
  const match = /version "(?:1\.)?(\d+)/.exec(printed);
  return match === null ? null : Number(match[1]);
}

function runJavaVersion(command: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, ["-version"], { env, ...(signal ? { signal } : {}) }, (cause, stdout, stderr) => {
      if (signal?.aborted) return reject(signal.reason);
      if (cause === null) return resolve(stderr + stdout);
      const why =
        (cause as NodeJS.ErrnoException).code === "ENOENT" ? "it is not there" : cause.message.trim();
      reject(
        new HarnessError("TARGET_NOT_INSTALLED", `Apache Kafka needs Java, cannot run ${command}: ${why}`, {
          hint: HINT,
          cause,
        }),
      );
    });
  });
}
