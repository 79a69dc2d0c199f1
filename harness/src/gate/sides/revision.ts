/** Which commit a git revision means, in the checkout that the command is run in. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { HarnessError } from "../../errors.ts";
import { nearest } from "../../scenario/nearest.ts";
import { TARGET_NAMES } from "../../targets/target-spec.ts";

export interface Commit {
  /** Full name, hexadecimal. */
  readonly id: string;
  /** Root of the checkout. */
  readonly repository: string;
}

const run = promisify(execFile);

/** Standard output of a git command, trimmed. Throws what execFile does; `stderr` is a field of it. */
export async function git(
  repository: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const { stdout } = await run("git", args, { cwd: repository, env, encoding: "utf8", maxBuffer: 64 << 20 });
  return stdout.trim();
}

/** Throws USAGE: not in a checkout of Brokermark, no such revision. */
export async function resolveCommit(directory: string, revision: string): Promise<Commit> {
  const repository = await findRepository(directory, revision);
  const id = await git(repository, [
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${revision}^{commit}`,
  ])
    // An unknown revision; whatever else is wrong with the repository shows when it is read.
    .catch(() => null);
  if (id === null) throw await unknownRevision(repository, revision);
  const tree = await git(repository, ["ls-tree", "--name-only", id, BROKER_ENTRY]).catch(() => "");
  if (tree === "") {
    throw new HarnessError("USAGE", `git:${revision}: ${id.slice(0, 12)} has no ${BROKER_ENTRY}`, {
      hint: "git: sides are commits of Brokermark itself; another broker is compared as cmd:'…' with a start command for each build",
    });
  }
  return { id, repository };
}

/** Of the reference broker, from the root of its repository. */
export const BROKER_ENTRY = "reference-broker/src/main.ts";

async function findRepository(directory: string, revision: string): Promise<string> {
  try {
    return await git(directory, ["rev-parse", "--show-toplevel"]);
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === "ENOENT";
    const why = absent ? "git cannot be run" : `${directory} is in no git checkout`;
    throw new HarnessError("USAGE", `git:${revision}: ${why}`, {
      hint: `run it in a checkout of Brokermark, or give another kind of side${hintOfTarget(revision)}`,
    });
  }
}

async function unknownRevision(repository: string, revision: string): Promise<HarnessError> {
  const listed = await git(repository, ["for-each-ref", "--format=%(refname:short)"]).catch(() => "");
  const meant = nearest(revision, ["HEAD", ...listed.split("\n").filter(Boolean)]);
  const shallow = await git(repository, ["rev-parse", "--is-shallow-repository"]).catch(() => "false");
  const fetch =
    shallow === "true"
      ? "; this checkout is shallow: fetch its history first (git fetch --unshallow; fetch-depth: 0 in CI)"
      : "";
  const hint = meant === null ? "see git log and git branch --all" : `did you mean ${meant}?`;
  return new HarnessError("USAGE", `git:${revision}: no such commit in ${repository}`, {
    hint: `${hint}${fetch}${hintOfTarget(revision)}`,
  });
}

/** `kafka` alone is a revision too, though hardly what was meant. */
function hintOfTarget(revision: string): string {
  const [name = ""] = revision.split(/[:@]/);
  return (TARGET_NAMES as readonly string[]).includes(name) ? `; did you mean target:${revision}?` : "";
}
