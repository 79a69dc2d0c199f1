import { readdir, readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HarnessError } from "../errors.ts";
import { nearest } from "./nearest.ts";
import { parseScenario } from "./parse.ts";
import type { Scenario } from "./schema.ts";

/** dist/ mirrors the sources one folder deeper. */
const root = extname(import.meta.url) === ".ts" ? "../../../" : "../../../../";
export const SCENARIO_DIRECTORY = fileURLToPath(new URL(`${root}scenarios/`, import.meta.url));

/** Names of the scenarios in a directory, sorted. */
export async function scenarioNames(directory = SCENARIO_DIRECTORY): Promise<string[]> {
  const files = await readdir(directory);
  return files
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => basename(file, ".yaml"))
    .sort();
}

/**
 * A scenario by name, or by path where the argument ends in .yaml or .yml.
 * @throws HarnessError USAGE when there is none, SCENARIO_INVALID when it holds mistakes.
 */
export async function loadScenario(nameOrPath: string, directory = SCENARIO_DIRECTORY): Promise<Scenario> {
  const isPath = /\.ya?ml$/.test(nameOrPath);
  if (!isPath) {
    const names = await scenarioNames(directory);
    if (!names.includes(nameOrPath)) {
      const meant = nearest(nameOrPath, names);
      throw new HarnessError(
        "USAGE",
        `no scenario ${nameOrPath}${meant === null ? "" : `; did you mean ${meant}?`}`,
        { hint: `there are: ${names.join(", ")}; a path to a file of your own ends in .yaml` },
      );
    }
  }
  const path = isPath ? nameOrPath : join(directory, `${nameOrPath}.yaml`);
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new HarnessError("USAGE", `cannot read scenario ${path}: ${cause.code ?? cause.message}`, {
      cause,
    });
  });
  const scenario = parseScenario(text, path);
  const expected = basename(path, extname(path));
  if (scenario.name !== expected) {
    throw new HarnessError(
      "SCENARIO_INVALID",
      `${path}: name is ${scenario.name}, but the file says ${expected}`,
    );
  }
  return scenario;
}
