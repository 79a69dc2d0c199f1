import { HarnessError } from "../../errors.ts";
import type { SideName } from "../evidence.ts";

/** A side's broker ended, cannot be reached or refuses: the job is over, and this says whose fault it is. */
export class SideFailure extends HarnessError {
  readonly side: SideName;

  constructor(side: SideName, cause: HarnessError) {
    super(cause.code, cause.message, { cause, ...(cause.hint === undefined ? {} : { hint: cause.hint }) });
    this.name = "SideFailure";
    this.side = side;
  }
}

/** What a side's broker fails with is told as that side's. */
export async function asSide<T>(side: SideName, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof HarnessError) || error instanceof SideFailure) throw error;
    // A process of ours that died is no side's failure.
    if (error.code === "LOAD_PROCESS_DIED") throw error;
    throw new SideFailure(side, error);
  }
}
