/**
 * The files of a commit in the user's cache, with its dependencies and what a build makes of them. Made in a temporary
 * directory and renamed, so what is there is whole; several jobs may want the same commit at once. The repository itself is only read.
 */
import { mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, utimes } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { HarnessError } from "../../errors.ts";
import { cacheDirectory, makeTemporaryDirectory, runInstaller } from "../../targets/installation.ts";
import { type Commit, git } from "./revision.ts";

export interface TreeOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** Trees of so many commits are kept; the ones used longest ago go first. */
const KEPT_TREES = 16;

/**
 * Root of the commit's files, `built` with `npm run build`. Throws TARGET_START_FAILED when they cannot be laid out or do not
 * build.
 */
export async function commitTree(commit: Commit, built: boolean, options: TreeOptions): Promise<string> {
  const trees = join(cacheDirectory(options.env), "commits");
  const tree = join(trees, built ? `${commit.id}-built` : commit.id);
  if (!(await exists(tree))) await layOut(commit, built, tree, options);
  else await linkDependencies(commit.repository, tree);
  const now = new Date();
  await utimes(tree, now, now);
  await removeOldest(trees);
  return tree;
}

async function layOut(commit: Commit, built: boolean, tree: string, options: TreeOptions): Promise<void> {
  const temporary = await makeTemporaryDirectory(options.env, `commit-${commit.id.slice(0, 12)}`);
  const files = join(temporary, "files");
  const short = commit.id.slice(0, 12);
  try {
    await checkOut(commit, files, join(temporary, "index"));
    if (!(await linkDependencies(commit.repository, files))) {
      await npm(
        ["ci", "--no-audit", "--no-fund"],
        `installing the dependencies of ${short}`,
        files,
        temporary,
        options,
      );
    }
    if (built) await npm(["run", "build"], `building ${short}`, files, temporary, options);
    await mkdir(dirname(tree), { recursive: true });
    await rename(files, tree).catch(async (error: Error) => {
      // Another job was quicker.
      if (!(await exists(tree))) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** With an index of its own: neither the repository's index nor its list of worktrees changes. */
async function checkOut({ id, repository }: Commit, files: string, index: string): Promise<void> {
  const env = { ...process.env, GIT_INDEX_FILE: index };
  try {
    await git(repository, ["read-tree", id], env);
    await git(repository, ["checkout-index", "--all", `--prefix=${files}/`], env);
  } catch (cause) {
    throw new HarnessError(
      "TARGET_START_FAILED",
      `git:${id.slice(0, 12)} cannot be laid out: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}

/** False: it has dependencies of its own to install. What the checkout has installed does where the lock files are equal. */
async function linkDependencies(repository: string, files: string): Promise<boolean> {
  const own = join(files, "node_modules");
  const shared = join(repository, "node_modules");
  const linked = await readlink(own).catch(() => null);
  if (linked === null && (await exists(own))) return true;
  const [here, there] = await Promise.all([lockFile(repository), lockFile(files)]);
  if (here === null || here !== there || !(await exists(shared))) return false;
  if (linked === shared) return true;
  await rm(own, { force: true });
  await symlink(shared, own);
  return true;
}

function lockFile(directory: string): Promise<string | null> {
  return readFile(join(directory, "package-lock.json"), "utf8").catch(() => null);
}

async function npm(
  args: readonly string[],
  what: string,
  files: string,
  logDirectory: string,
  { env, signal, onProgress }: TreeOptions,
): Promise<void> {
  onProgress(what);
  const command = { command: "npm", args: ["--prefix", files, ...args], directory: logDirectory };
  try {
    await runInstaller(
      {
        ...command,
        progress: () => null,
        explain: () => "the commit does not build here; try npm ci && npm run build in a checkout of it",
        missing: (cause) => new HarnessError("INSTALL_FAILED", `cannot run npm: ${cause.message}`, { cause }),
      },
      { env, signal, onProgress: (line) => onProgress(`${what}: ${line}`) },
    );
  } catch (error) {
    if (signal.aborted || !(error instanceof HarnessError)) throw error;
    throw new HarnessError("TARGET_START_FAILED", `${what}: ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}

async function removeOldest(trees: string): Promise<void> {
  const names = await readdir(trees);
  const used = await Promise.all(
    names.map(async (name) => ({ name, atMs: (await stat(join(trees, name))).mtimeMs })),
  );
  const oldest = used.sort((a, b) => b.atMs - a.atMs).slice(KEPT_TREES);
  for (const { name } of oldest) await rm(join(trees, basename(name)), { recursive: true, force: true });
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

function messageOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string };
  return (stderr || message || String(error)).trim();
}
