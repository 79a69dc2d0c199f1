/** How cases log in unless they say otherwise. */
export interface BrokerLogin {
  readonly user: string;
  readonly password: string;
  readonly virtualHost: string;
}

export const DEFAULT_LOGIN: BrokerLogin = { user: "guest", password: "guest", virtualHost: "/" };
