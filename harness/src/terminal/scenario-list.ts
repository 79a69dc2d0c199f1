import type { ProfileDescription, ScenarioDescription } from "../scenario/description.ts";
import { parameterList, parameterText, varyingKeys } from "./load-words.ts";
import { givenDuration, givenSize } from "./quantities.ts";
import { wrap } from "./table.ts";

const WIDTH = 100;

/** Every scenario: name, question, names of profiles. */
export function renderScenarioList(scenarios: readonly ScenarioDescription[]): string {
  const blocks = scenarios.map(({ name, question, profiles }) =>
    [
      name,
      wrap(question, WIDTH, 2),
      wrap(`profiles: ${profiles.map((profile) => profile.name).join(", ")}`, WIDTH, 2),
    ].join("\n"),
  );
  return [
    ...blocks,
    "brokermark list NAME shows profiles, sweeps and parameters; brokermark run NAME runs it.",
  ].join("\n\n");
}

/** One scenario in full: what is the same in all loads of a profile once, then each point of its sweep. */
export function renderScenario({
  name,
  question,
  targets,
  workload,
  protocols,
  profiles,
}: ScenarioDescription): string {
  const head = [
    name,
    wrap(question, WIDTH, 2),
    `  workload ${workload}, protocol ${protocols.join(" or ")}, targets ${targets.join(", ")} unless given`,
  ];
  return [head.join("\n"), ...profiles.map(renderProfile)].join("\n\n");
}

function renderProfile({
  name,
  summary,
  mode,
  drivers,
  durability,
  phases,
  points,
}: ProfileDescription): string {
  const shown: readonly Readonly<Record<string, unknown>>[] = points.map((point) => ({ ...point }));
  const varying = varyingKeys(shown);
  const common = Object.keys(shown[0]!).filter((key) => !varying.includes(key) && shown[0]![key] !== null);
  const { warmup, measure, verify } = phases;
  const lines = [
    `${name}: ${summary}`,
    `  ${mode} loop, driver ${drivers.join(" or ")}, durability ${durability ?? "as shipped"}`,
    wrap(parameterList(shown[0]!, common), WIDTH, 2),
    `  warm-up ${warmup.maxMs === 0 ? "none" : `${givenDuration(warmup.minMs)} to ${givenDuration(warmup.maxMs)}`}, measured ${givenDuration(measure.durationMs)} or ${givenSize(measure.maxBytes)}, read back within ${givenDuration(verify.timeoutMs)}`,
  ];
  const sweep = shown.map(
    (point) => `    ${varying.map((key) => `${key} ${parameterText(key, point[key])}`).join(", ")}`,
  );
  return [...lines, ...(varying.length > 0 ? [`  sweep of ${shown.length}:`, ...sweep] : [])].join("\n");
}
