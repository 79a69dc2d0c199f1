import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Config } from "@oclif/core/config";
import { flush } from "@oclif/core/flush";
import { normalizeArgv } from "@oclif/core/help";
import { run } from "@oclif/core/run";
import { reportFailure, unknownCommand } from "./failure.ts";
import { exitCodeOf, interruptedBy } from "./interruption.ts";

/**
 * The command line: finds the command, runs it, and ends the process with a deliberate exit code. A command sets
 * `process.exitCode` for a verdict (1, 3, 4) and throws HarnessError for what it could not do.
 * @param root the package's folder, as a URL that ends in a slash
 * @param sources where the harness's modules are, from the root: sources with `.ts`, or what tsc made with `.js`
 */
export async function main(
  argv: readonly string[],
  root: URL,
  sources: string,
  extension: string,
): Promise<void> {
  const args = argv[0] === "help" ? [...argv.slice(1), "--help"] : [...argv];
  let failure: unknown = null;
  try {
    const config = await loadConfig(root, sources, extension);
    const unknown = unknownCommand(config, args, normalizeArgv(config, args)[0]);
    if (unknown !== null) throw unknown;
    await run(args, config);
  } catch (error) {
    failure = error;
  }
  const interrupted = interruptedBy();
  if (failure !== null) {
    process.exitCode = reportFailure(failure, { json: args.includes("--json"), interrupted });
  } else if (interrupted !== null) {
    process.exitCode = exitCodeOf(interrupted);
  }
  // A reader that went away (`| head`) leaves a stream that never drains.
  if (process.stdout.writable) await flush();
  // After a failure something may still hold the event loop open; a clean end waits for whatever is left.
  if (failure !== null || interrupted !== null) process.exit();
}

async function loadConfig(root: URL, sources: string, extension: string): Promise<Config> {
  const pjson = JSON.parse(await readFile(new URL("package.json", root), "utf8"));
  const target = `${sources}commands/index${extension}`;
  const helpClass = `${sources}cli/help${extension}`;
  const oclif = { ...pjson.oclif, helpClass, commands: { ...pjson.oclif.commands, target } };
  return Config.load({ root: fileURLToPath(root), pjson: { ...pjson, oclif } });
}
