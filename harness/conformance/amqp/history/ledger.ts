/**
 * Judges a concurrent history of one queue after the fact, in one pass over its events: messages are unique, so no
 * search is needed. Pure.
 */
export type HistoryEvent =
  | { readonly kind: "published"; readonly id: string }
  | { readonly kind: "confirmed"; readonly id: string }
  | { readonly kind: "acknowledged"; readonly id: string }
  | { readonly kind: "requeued"; readonly id: string }
  | {
      readonly kind: "delivered";
      readonly id: string;
      readonly redelivered: boolean;
      readonly session: number;
    }
  /** Everything the session holds goes back. */
  | { readonly kind: "left"; readonly session: number };

/** `acknowledged` means that a synchronous reply on its channel followed. */
export interface Anomaly {
  readonly kind: "lost" | "phantom" | "held-twice" | "resurrected" | "false-first" | "false-redelivered";
  readonly id: string;
}

interface Message {
  confirmed: boolean;
  deliveries: number;
  holder: number | null;
  acknowledged: boolean;
}

export function findAnomalies(events: readonly HistoryEvent[]): Anomaly[] {
  const anomalies: Anomaly[] = [];
  const messages = new Map<string, Message>();
  const held = new Map<number, Set<string>>();
  // A session that left may have been sent what it never read, which is redelivered then.
  let someLeft = false;
  const release = (id: string, message: Message): void => {
    if (message.holder !== null) held.get(message.holder)?.delete(id);
    message.holder = null;
  };
  for (const event of events) {
    if (event.kind === "left") {
      for (const id of held.get(event.session) ?? []) messages.get(id)!.holder = null;
      held.delete(event.session);
      someLeft = true;
      continue;
    }
    const { id } = event;
    if (event.kind === "published") {
      messages.set(id, { confirmed: false, deliveries: 0, holder: null, acknowledged: false });
      continue;
    }
    const message = messages.get(id);
    if (message === undefined) {
      anomalies.push({ kind: "phantom", id });
      continue;
    }
    if (event.kind === "confirmed") message.confirmed = true;
    else if (event.kind === "requeued") release(id, message);
    else if (event.kind === "acknowledged") {
      message.acknowledged = true;
      release(id, message);
    } else {
      if (message.acknowledged) anomalies.push({ kind: "resurrected", id });
      else if (message.holder !== null) anomalies.push({ kind: "held-twice", id });
      if (message.deliveries > 0 && !event.redelivered) anomalies.push({ kind: "false-first", id });
      if (message.deliveries === 0 && event.redelivered && !someLeft)
        anomalies.push({ kind: "false-redelivered", id });
      message.deliveries++;
      message.holder = event.session;
      held.set(event.session, (held.get(event.session) ?? new Set()).add(id));
    }
  }
  for (const [id, { confirmed, acknowledged }] of messages) {
    if (confirmed && !acknowledged) anomalies.push({ kind: "lost", id });
  }
  return anomalies;
}
