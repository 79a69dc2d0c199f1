/** A limit on the size of files: a write stops in the middle with EFBIG, and works again when the limit is lifted. */
import { execFileSync, spawnSync } from "node:child_process";
import path from "node:path";
import { assertNothingWrong, runLiveFault } from "./fault-round.ts";
import { drawDurability, faultRounds } from "./rounds.ts";

const MIN_LIMIT_BYTES = 1024;
const MAX_LIMIT_BYTES = 32 * 1024;

function unavailable(): string | null {
  return spawnSync("prlimit", ["--version"]).status === 0 ? null : "there is no prlimit";
}

/** Of a running process; the hard limit stays, so that it can be lifted. */
function limitFiles(pid: number, bytes: number | "unlimited"): void {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]);
}

faultRounds("a file-size limit", unavailable(), async (round) => {
  const { draws, folder, note } = round;
  const durability = drawDurability(draws);
  const limitBytes = draws.between(MIN_LIMIT_BYTES, MAX_LIMIT_BYTES);
  note(`class ${durability}, ${limitBytes} bytes`);
  const judgement = await runLiveFault(
    round,
    { dataDir: path.join(folder, "data"), durability },
    {
      begin: ({ pid }) => limitFiles(pid, limitBytes),
      end: ({ pid, exited }) => {
        if (!exited()) limitFiles(pid, "unlimited");
      },
      reason: /EFBIG/,
      heals: true,
    },
  );
  assertNothingWrong(judgement);
});
