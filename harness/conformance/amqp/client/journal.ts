import { describeFrame, type RecordedFrame } from "./describe.ts";

const KEPT_FRAMES = 400;
const KEPT_BYTES = 2048;

/** Every frame of a case, both ways, the latest few hundred kept; decoded only when somebody asks. */
export class Journal {
  readonly #frames: RecordedFrame[] = [];
  readonly #beganMs = performance.now();

  sent(connection: string, bytes: Buffer): void {
    this.#add(">", connection, bytes);
  }

  received(connection: string, bytes: Buffer): void {
    this.#add("<", connection, bytes);
  }

  note(connection: string, text: string): void {
    this.#add("#", connection, text);
  }

  last(count: number): string[] {
    return this.#frames.slice(-count).map(describeFrame);
  }

  #add(direction: ">" | "<" | "#", connection: string, what: Buffer | string): void {
    const kept =
      typeof what === "string" || what.length <= KEPT_BYTES
        ? copied(what)
        : `${what.length} bytes ${what.subarray(0, 48).toString("hex")}…`;
    this.#frames.push({ atMs: performance.now() - this.#beganMs, direction, connection, bytes: kept });
    if (this.#frames.length > 2 * KEPT_FRAMES) this.#frames.splice(0, KEPT_FRAMES);
  }
}

function copied(what: Buffer | string): Buffer | string {
  return typeof what === "string" ? what : Buffer.from(what);
}
