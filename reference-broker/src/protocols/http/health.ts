/**
 * Whether the broker should be given work, and if not, why. Storage counts as bad while a small file cannot be written
 * and for some seconds after the disk refused a write; not until the next good one, for without work there is none.
 */
import type { StorageFaults } from "../../base/storage-faults.ts";

export interface HealthSources {
  /** Of all engines. */
  readonly storageFaults: () => readonly StorageFaults[];
  /** Writes and removes a small file where the engines write; what went wrong, or null. */
  readonly probeStorage: () => Promise<string | null>;
  /** The memory alarm's reason, or null. */
  readonly memoryAlarm: () => string | null;
  /** Milliseconds from any start. */
  readonly nowMs: () => number;
}

const FAULT_MEMORY_MS = 10_000;
const PROBE_INTERVAL_MS = 1000;

export class Health {
  /** Set once the broker stops. */
  isStopping = false;
  readonly #sources: HealthSources;
  #faultCount = 0;
  #faultAtMs = Number.NEGATIVE_INFINITY;
  #probedAtMs = Number.NEGATIVE_INFINITY;
  #probe: Promise<string | null> = Promise.resolve(null);

  constructor(sources: HealthSources) {
    this.#sources = sources;
  }

  /** Why it is not ready; empty when it is. */
  async reasons(): Promise<readonly string[]> {
    const { memoryAlarm } = this.#sources;
    const alarm = memoryAlarm();
    const storage = this.#recentFault() ?? (await this.#probeStorage());
    return [
      ...(this.isStopping ? ["shutting down"] : []),
      ...(storage === null ? [] : [`storage: ${storage}`]),
      ...(alarm === null ? [] : [`memory alarm: ${alarm}`]),
    ];
  }

  #recentFault(): string | null {
    const nowMs = this.#sources.nowMs();
    const faults = this.#sources.storageFaults();
    const count = faults.reduce((sum, fault) => sum + fault.count, 0);
    if (count !== this.#faultCount) {
      this.#faultCount = count;
      this.#faultAtMs = nowMs;
    }
    if (nowMs - this.#faultAtMs >= FAULT_MEMORY_MS) return null;
    return faults.find(({ lastError }) => lastError !== null)?.lastError ?? null;
  }

  #probeStorage(): Promise<string | null> {
    const nowMs = this.#sources.nowMs();
    if (nowMs - this.#probedAtMs >= PROBE_INTERVAL_MS) {
      this.#probedAtMs = nowMs;
      this.#probe = this.#sources.probeStorage();
    }
    return this.#probe;
  }
}
