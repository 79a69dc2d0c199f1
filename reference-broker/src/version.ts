/** The version that the broker tells its clients and prints when it listens. */
export const BROKER_VERSION = "0.1.0";
