import { parse as parseYaml } from "yaml";
import { HarnessError } from "../errors.ts";
import { nearest } from "./nearest.ts";
import { phaseFields } from "./phases.ts";
import { expectations, type Overlay, overlaySchema } from "./schema.ts";
import { issueMessage, issueSuggestion } from "./wording.ts";
import { WORKLOADS, type Workload } from "./workloads.ts";

/** What `--set` may name, each with its place in a scenario. Parameters need no prefix. */
function settable(workload: Workload): ReadonlyMap<string, readonly string[]> {
  return new Map<string, readonly string[]>([
    ...Object.keys(WORKLOADS[workload].parameters.shape).map((key) => [key, ["parameters", key]] as const),
    ...Object.entries(phaseFields.shape).flatMap(([phase, fields]) =>
      Object.keys(fields.shape).map((key) => [`${phase}.${key}`, ["phases", phase, key]] as const),
    ),
    ...Object.keys(expectations.shape).map((key) => [`expect.${key}`, ["expect", key]] as const),
    ["mode", ["mode"]],
    ["driver", ["driver"]],
    ["durability", ["durability"]],
  ]);
}

/**
 * `["acks=all", "measure.durationMs=5s"]` -> overlay. Values are read as in a scenario file.
 * @throws HarnessError USAGE with what was probably meant.
 */
export function parseOverrides(settings: readonly string[], workload: Workload): Overlay {
  const known = settable(workload);
  const tree: Record<string, unknown> = {};
  for (const setting of settings) {
    const equals = setting.indexOf("=");
    const key = setting.slice(0, equals);
    const path = known.get(key);
    if (equals < 1) {
      throw new HarnessError("USAGE", `--set ${setting}: expected key=value, as in --set acks=all`);
    }
    if (path === undefined) {
      const meant = nearest(key, known.keys());
      throw new HarnessError(
        "USAGE",
        `--set ${setting}: unknown key ${key}${meant === null ? "" : `; did you mean ${meant}?`}`,
        { hint: `there are: ${[...known.keys()].join(", ")}` },
      );
    }
    place(tree, path, readValue(setting.slice(equals + 1), key));
  }
  const parsed = overlaySchema(workload).safeParse(tree);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const path = issue.path as string[];
    const value = path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], tree);
    const meant = issueSuggestion(issue, value);
    return `--set ${issueMessage(issue, path.slice(-1), false, value)}${meant === null ? "" : `; did you mean ${meant}?`}`;
  });
  throw new HarnessError("USAGE", lines.join("\n"));
}

/** The driver is named "null", so the word is a word here; elsewhere it is YAML's null. */
function readValue(text: string, key: string): unknown {
  return key === "driver" && text === "null" ? text : parseYaml(text);
}

function place(tree: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let node = tree;
  for (const key of path.slice(0, -1)) node = (node[key] ??= {}) as Record<string, unknown>;
  node[path.at(-1)!] = value;
}
