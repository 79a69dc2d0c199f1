/** What the profiles assign, by option; loaded when one other than `mixed` is asked for. */
import type { Assignment } from "./assignment.ts";
import { brokerOptions, type OptionName, type ProfileName } from "./schema.ts";

type ProfileValues = Readonly<Partial<Record<OptionName, string>>>;

const MEBIBYTE = 1024 * 1024;
const bytes = (mebibytes: number): string => String(mebibytes * MEBIBYTE);

export const profiles: Readonly<Record<ProfileName, ProfileValues>> = {
  /** One machine, one person: everything that can be looked at, and little memory. */
  development: {
    "http-port": "15672",
    "log-level": "debug",
    "slow-operation-ms": "100",
    "memory-limit-bytes": bytes(256),
    "tail-cache-bytes": bytes(8),
    "max-connections": "256",
  },
  "high-throughput": {
    "memory-limit-bytes": bytes(2048),
    "tail-cache-bytes": bytes(128),
    "request-memory-bytes": bytes(512),
    "max-batch": "1024",
  },
  "low-latency": {
    "max-batch": "64",
    "slow-operation-ms": "100",
  },
  mixed: {},
  durable: {
    durability: "fsync",
    "overflow-policy": "reject-publish",
  },
};

export function profileAssignments(profile: ProfileName): Assignment[] {
  return Object.entries(profiles[profile]).map(([name, text]) => ({
    name: name as OptionName,
    text,
    source: "profile",
    place: `profile ${profile}`,
    written: `profile ${profile}: ${brokerOptions[name as OptionName].key} = ${text}`,
  }));
}
