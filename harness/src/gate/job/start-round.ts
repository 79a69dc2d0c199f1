/** Fresh sides for one round, each in its slot. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HarnessError } from "../../errors.ts";
import { findFreePorts } from "../../targets/free-port.ts";
import type { RunningTarget } from "../../targets/target.ts";
import type { SteadyPlan } from "../../scenario/plan.ts";
import type { RoundLine, SideDescription, SideName } from "../evidence.ts";
import { asSide, SideFailure } from "../rounds/side-failure.ts";
import type { Side } from "../sides/prepare-sides.ts";
import type { JobSides } from "./rerun-key.ts";
import type { RoundSchedule } from "./schedule.ts";

export interface StartedSide {
  readonly side: SideName;
  readonly slot: number;
  readonly target: RunningTarget;
  readonly description: SideDescription;
}

export interface StartedRound extends AsyncDisposable {
  /** In the order they were started. */
  readonly sides: readonly StartedSide[];
  readonly slots: RoundLine["slots"];
}

export interface StartRoundOptions {
  readonly sides: JobSides;
  readonly schedule: RoundSchedule;
  readonly plan: SteadyPlan;
  /** Gets a directory for each slot, removed with the round. */
  readonly dataDirectory: string;
  readonly signal: AbortSignal;
}

/** Disposing ends all sides at once and removes their data. Throws SideFailure, or the signal's reason. */
export async function startRound(options: StartRoundOptions): Promise<StartedRound> {
  const { sides, schedule, plan, signal } = options;
  await using resources = new AsyncDisposableStack();
  const directory = await mkdtemp(join(options.dataDirectory, "brokermark-gate-"));
  resources.defer(() => rm(directory, { recursive: true, force: true }));
  const ports = await findFreePorts(schedule.slots.length);
  const started: StartedSide[] = [];
  resources.defer(async () => {
    await Promise.all(started.map(({ target }) => discard(target)));
  });
  const inOrder = schedule.slots
    .map((slot, number) => ({ ...slot, number }))
    .sort((a, b) => a.startPosition - b.startPosition);
  for (const { side: name, number, environmentPaddingBytes } of inOrder) {
    const side = sides[name]!;
    const own = join(directory, `slot-${number}`);
    await mkdir(own);
    const environment = { BROKERMARK_PADDING: "x".repeat(environmentPaddingBytes) };
    const { protocol, durability } = plan;
    const port = ports[number]!;
    const starting = side.start({ directory: own, protocol, durability, signal, port, environment });
    const target = await asSide(name, starting);
    started.push({ side: name, slot: number, target, description: describeSide(side, target, own) });
  }
  const owned = resources.move();
  return {
    sides: started,
    slots: schedule.slots.map(({ startPosition, environmentPaddingBytes }, number) => ({
      startPosition,
      environmentPaddingBytes,
      port: started.find(({ slot }) => slot === number)?.target.endpoint.port ?? null,
    })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What a broker would still write at an ordered end is for nobody, and would be written while the next round is measured. */
async function discard(target: RunningTarget): Promise<void> {
  await target.restart?.stop("killed");
  await target[Symbol.asyncDispose]();
}

/** How long after its connections a process may end that is the cause of it. */
const END_NOTICE_MS = 500;

/** Of a side whose connections broke because its process ended, how it ended. Throws SideFailure, or what `work` throws. */
export async function withCauses<T>(started: readonly StartedSide[], work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof SideFailure) || error.code === "TARGET_DIED") throw error;
    const failed = started.find(({ side }) => side === error.side);
    const died = failed?.target.died.catch((cause: unknown) => cause);
    const cause = await Promise.race([died, sleep(END_NOTICE_MS, null)]);
    throw cause instanceof HarnessError ? new SideFailure(error.side, cause) : error;
  }
}

function describeSide(side: Side, target: RunningTarget, directory: string): SideDescription {
  return {
    spec: side.spec,
    kind: side.kind,
    commit: side.commit,
    version: target.version,
    durability: target.durability,
    configuration: ofSide(target.configuration, target.endpoint.port, directory),
    contentHash: side.contentHash,
  };
}

/** Settings without those that are the slot's: its port and other addresses on this machine, and where its data is. */
function ofSide(
  configuration: Readonly<Record<string, string>>,
  port: number,
  directory: string,
): Record<string, string> {
  const ofSlot = new RegExp(`(?<!\\d)${port}(?!\\d)|(127\\.0\\.0\\.1|localhost):\\d`);
  return Object.fromEntries(
    Object.entries(configuration).filter(([, value]) => !value.includes(directory) && !ofSlot.test(value)),
  );
}
