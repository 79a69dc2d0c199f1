/**
 * A message that comes so soon after it was sent has not waited behind others: the backlog before it is gone. Longer than
 * a broker with nothing to do takes, shorter than a wait that anybody would call one.
 */
export const CAUGHT_UP_US = 20e3;

/** When a backlog was read to its end, and when the messages published beside it no longer waited. */
export class BacklogWatch {
  readonly #onCaughtUp: (atUs: number) => void;
  #lastDeliveryUs: number | null = null;
  #caughtUpUs: number | null = null;

  constructor(onCaughtUp: (atUs: number) => void) {
    this.#onCaughtUp = onCaughtUp;
  }

  backlogDelivered(arrivedUs: number): void {
    this.#lastDeliveryUs = arrivedUs;
  }

  /** `serviceUs`: from actual send to delivery. Returns whether this is the first message that did not wait. */
  liveDelivered(arrivedUs: number, serviceUs: number): boolean {
    if (this.#caughtUpUs !== null || serviceUs > CAUGHT_UP_US) return false;
    this.#caughtUpUs = arrivedUs;
    this.#onCaughtUp(arrivedUs);
    return true;
  }

  report(): { readonly lastDeliveryUs: number | null; readonly caughtUpUs: number | null } {
    return { lastDeliveryUs: rounded(this.#lastDeliveryUs), caughtUpUs: rounded(this.#caughtUpUs) };
  }
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
