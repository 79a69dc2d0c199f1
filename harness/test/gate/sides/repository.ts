/** A small repository with a reference broker in it, and a cache, for one test. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export class Repository implements Disposable {
  readonly #root = realpathSync(mkdtempSync(join(tmpdir(), "brokermark-test-")));
  readonly directory = join(this.#root, "checkout");
  readonly env: NodeJS.ProcessEnv = { ...process.env, XDG_CACHE_HOME: join(this.#root, "cache") };

  constructor() {
    mkdirSync(this.directory);
    this.git("init", "--quiet", "--initial-branch=main");
  }

  write(path: string, text: string): void {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** All files that differ; returns the commit's full name. */
  commit(): string {
    const who = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
    this.git("add", "--all");
    this.git(...who, "commit", "--quiet", "--no-verify", "--message", "A commit");
    return this.git("rev-parse", "HEAD");
  }

  git(...args: string[]): string {
    return execFileSync("git", args, { cwd: this.directory, encoding: "utf8" }).trim();
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}
