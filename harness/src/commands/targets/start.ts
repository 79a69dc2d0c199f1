import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Args, Flags } from "@oclif/core";
import { BaseCommand } from "../../cli/base-command.ts";
import type { Durability } from "../../scenario/plan.ts";
import type { Protocol } from "../../targets/target.ts";

export default class TargetsStart extends BaseCommand {
  static override summary = "Start a target as runs start it, to try clients against it; Ctrl-C stops it.";
  static override description =
    "It listens on a free port of the loopback. Its data is removed when it has stopped, unless --directory says where to keep it.";
  static override examples = [
    "<%= config.bin %> targets start rabbitmq",
    "<%= config.bin %> targets start rabbitmq:channel_max=100 --json",
    "<%= config.bin %> targets start reference --protocol amqp",
  ];
  static override exitCodes = [
    "done",
    "usage",
    "targetWouldNotRun",
    "internal",
    "interrupted",
    "terminated",
  ] as const;
  static override args = {
    target: Args.string({ description: "name or name:key=value,…", required: true }),
  };
  static override flags = {
    protocol: Flags.string({
      options: ["kafka", "amqp"],
      description: "Which one the target is started for; without it the target's first.",
    }),
    durability: Flags.string({ options: ["none", "os", "fsync"], description: "Class asked of it." }),
    directory: Flags.string({ description: "Where it keeps its data and log; made when it is missing." }),
  };

  async run() {
    const { args, flags } = await this.parse(TargetsStart);
    const { serveTarget } = await import("../../targets/serve-target.ts");
    const temporary =
      flags.directory === undefined ? await mkdtemp(join(tmpdir(), "brokermark-target-")) : null;
    try {
      await serveTarget({
        target: args.target,
        directory: temporary ?? resolve(flags.directory!),
        protocol: (flags.protocol as Protocol | undefined) ?? null,
        durability: (flags.durability as Durability | undefined) ?? null,
        signal: this.signal,
        onListening: (told) => {
          const { target, version, protocol, host, port, durability } = told;
          const words = `${target} ${version} listens for ${protocol} on ${host}:${port} (durability ${durability}); Ctrl-C stops it`;
          process.stdout.write(`${this.jsonEnabled() ? JSON.stringify(told) : words}\n`);
        },
      });
    } finally {
      if (temporary !== null) await rm(temporary, { recursive: true, force: true });
    }
  }

  /** The line about listening is the whole document. */
  protected override logJson(): void {}
}
