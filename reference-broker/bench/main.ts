/**
 * `npm run bench`: all parts, one after the other, with `--quick` if it is given. `npm run bench -- PART [OPTIONS]`: one of
 * them with options of its own, which stand at the head of its file.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const PARTS = {
  micro: "micro/main.ts",
  connections: "connections.ts",
  broker: "broker.ts",
} as const;

type Part = keyof typeof PARTS;

const QUICK = "--quick";

async function run(part: Part, args: readonly string[]): Promise<void> {
  const script = fileURLToPath(new URL(PARTS[part], import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: "inherit" });
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`${part} ended with ${code ?? signal}`);
}

const [first, ...rest] = process.argv.slice(2);
if (first !== undefined && Object.hasOwn(PARTS, first)) {
  await run(first as Part, rest);
} else if (first === undefined || (first === QUICK && rest.length === 0)) {
  for (const part of Object.keys(PARTS) as Part[]) await run(part, first === undefined ? [] : [QUICK]);
} else {
  process.stderr.write(
    `usage: npm run bench -- [${Object.keys(PARTS).join(" | ")}] [OPTIONS], or ${QUICK} for all parts\n`,
  );
  process.exitCode = 2;
}
