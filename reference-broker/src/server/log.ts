/** The log: a JSON object a line, with the severity of its event. */

const LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LEVELS)[number];

/** Of events that are not what their name says: what failed is an error, anything else is told for information. */
const LEVEL_BY_EVENT: Readonly<Record<string, LogLevel>> = {
  retention: "debug",
  "amqp connection": "warn",
  "connection refused": "warn",
  "tls client refused": "warn",
  "tls handshake failed": "warn",
  "slow operation": "warn",
  "memory alarm on": "warn",
  "dead letter cycle": "warn",
  "definition passed over": "warn",
  "queue segment cut": "warn",
  "journal cut": "warn",
  "journal not compacted": "warn",
  "journal damaged": "error",
  "queue store not opened": "error",
};

export function levelOf(event: string): LogLevel {
  return LEVEL_BY_EVENT[event] ?? (event.endsWith(" failed") ? "error" : "info");
}

export type Report = (event: string, fields: Record<string, unknown>) => void;

/** Writes what is at least as severe as `least`. */
export function makeLog(least: LogLevel, write: (line: string) => void, now: () => Date): Report {
  const threshold = LEVELS.indexOf(least);
  return (event, fields) => {
    const level = levelOf(event);
    if (LEVELS.indexOf(level) < threshold) return;
    write(`${JSON.stringify({ time: now().toISOString(), level, event, ...fields })}\n`);
  };
}
