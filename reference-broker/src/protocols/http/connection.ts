import type { User } from "../../engines/identity/contract.ts";

/** What requests of one connection share. */
export class HttpConnection {
  /** Of this process, from 1. */
  readonly id: number;
  readonly isLoopback: boolean;
  requestCount = 0;
  unansweredCount = 0;
  #authorization = "";
  #user: User | null = null;
  #identityVersion = 0;

  constructor(id: number, isLoopback: boolean) {
    this.id = id;
    this.isLoopback = isLoopback;
  }

  /** Who this header proved to be on an earlier request, unless users have changed since; or null. */
  recall(authorization: string, identityVersion: number): User | null {
    return authorization === this.#authorization && identityVersion === this.#identityVersion
      ? this.#user
      : null;
  }

  remember(authorization: string, user: User, identityVersion: number): void {
    this.#authorization = authorization;
    this.#user = user;
    this.#identityVersion = identityVersion;
  }
}
