/** Frames in, responses out in the order of their requests, as the protocol wants it. */
const MAX_FRAME_BYTES = 128 * 2 ** 20;

export type Handle = (frame: Buffer, respond: (response: Buffer | null) => void) => void;

interface Slot {
  response: Buffer | null | undefined;
}

export class SyntheticConnection {
  readonly #handle: Handle;
  readonly #write: (bytes: Buffer) => void;
  readonly #slots: Slot[] = [];
  #chunks: Buffer[] = [];
  #length = 0;
  #wanted = 4;

  constructor(handle: Handle, write: (bytes: Buffer) => void) {
    this.#handle = handle;
    this.#write = write;
  }

  /** Throws RangeError on nonsense: the connection is then to be closed. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#wanted) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    let at = 0;
    for (;;) {
      const left = bytes.length - at;
      this.#wanted = left < 4 ? 4 : 4 + frameSize(bytes, at);
      if (left < this.#wanted) break;
      this.#request(bytes.subarray(at + 4, at + this.#wanted));
      at += this.#wanted;
    }
    this.#chunks = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#length = bytes.length - at;
  }

  #request(frame: Buffer): void {
    const slot: Slot = { response: undefined };
    this.#slots.push(slot);
    this.#handle(frame, (response) => {
      slot.response = response;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#slots.length > 0) {
      const { response } = this.#slots[0]!;
      if (response === undefined) return;
      this.#slots.shift();
      if (response !== null) this.#write(response);
    }
  }
}

function frameSize(bytes: Buffer, at: number): number {
  const size = bytes.readInt32BE(at);
  if (size < 10 || size > MAX_FRAME_BYTES) throw new RangeError(`frame of ${size} bytes`);
  return size;
}
