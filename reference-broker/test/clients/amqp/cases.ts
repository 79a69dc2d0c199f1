/**
 * What every client program does, and what it must have seen. A program reports facts and judges nothing; the facts are
 * RabbitMQ 4's answers (it is the control). Names begin with the prefix that the program is given, then the case's.
 */
export interface ClientCase {
  readonly name: string;
  /** What the program does, so that the next one can be written from here. */
  readonly does: string;
  readonly expected: (prefix: string, lackingHeaders: readonly string[]) => unknown;
}

export const LARGE_BODY_BYTES = 1_048_577;

const properties = {
  contentType: "text/plain",
  contentEncoding: "identity",
  deliveryMode: 2,
  priority: 5,
  correlationId: "correlation",
  replyTo: "reply",
  expiration: "60000",
  messageId: "id",
  timestamp: 1_700_000_000,
  type: "kind",
  userId: "guest",
  appId: "app",
};

const headers = {
  text: "é",
  int: 42,
  negative: -7,
  long: 1_099_511_627_776,
  double: 1.5,
  yes: true,
  no: false,
  nothing: null,
  nested: { a: { b: "c" } },
  list: ["x", 1, true],
};

/** What a library cannot send is not expected of its program. */
function headersBut(lacking: readonly string[]): object {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !lacking.includes(name)));
}

export const CASES: readonly ClientCase[] = [
  {
    name: "topology",
    does: "Declares durable exchanges P.source (topic) and P.target (fanout) and durable queue P; binds target to source with order.*.created, the queue to target. Publishes `routed` to source with order.eu.created and `dropped` with order.eu.deleted. Gets from P. Declares an exclusive queue without a name. Declares P.missing passively on another channel. Unbinds the exchanges, publishes again, gets. Deletes all.",
    expected: () => ({
      routed: "routed",
      serverNamed: true,
      missing: 404,
      afterUnbind: null,
    }),
  },
  {
    name: "confirms",
    does: "Declares P with x-max-length 100 and x-overflow reject-publish, turns confirms on, publishes 100 persistent messages and one more, then a mandatory one that no queue takes (routing key P.nowhere), which comes back with a reply code.",
    expected: () => ({ confirmed: 100, nacked: 1, returned: 312, count: 100 }),
  },
  {
    name: "consume",
    does: "Publishes 0 to 9 to P, consumes with prefetch 3 and manual acks. Half a second after the third it counts what came, acks those three with one ack (multiple), then each one. Closes the channel and counts what is left.",
    expected: () => ({
      beforeAck: 3,
      bodies: Array.from({ length: 10 }, (_, index) => String(index)),
      left: 0,
    }),
  },
  {
    name: "requeue",
    does: "Publishes a and b to P. Gets a and nacks it with requeue, gets it again and rejects it without, gets b and closes the channel; on another channel gets b and acks it. Reports body and redelivered of each.",
    expected: () => ({
      seen: [
        ["a", false],
        ["a", true],
        ["b", false],
        ["b", true],
      ],
      left: 0,
    }),
  },
  {
    name: "deadLetter",
    does: "Declares P with x-dead-letter-exchange P.exchange (direct) and x-dead-letter-routing-key dead, binds P.dead to it. Publishes `poison` with header kept=yes to P, gets and rejects it without requeue, gets it from P.dead.",
    expected: (prefix) => ({
      body: "poison",
      exchange: `${prefix}.exchange`,
      routingKey: "dead",
      kept: "yes",
      deaths: [{ queue: prefix, reason: "rejected", exchange: "", routingKeys: [prefix], count: 1 }],
      first: { queue: prefix, reason: "rejected", exchange: "" },
    }),
  },
  {
    name: "expiry",
    does: "Declares P with x-message-ttl 100 and P.each without, both dead-lettering to P.dead by the default exchange. Publishes by-queue to P and by-message with expiration 100 to P.each. Gets both from P.dead; reports them by body.",
    expected: (prefix) => ({
      "by-message": {
        queue: `${prefix}.each`,
        reason: "expired",
        expiration: null,
        originalExpiration: "100",
      },
      "by-queue": { queue: prefix, reason: "expired", expiration: null, originalExpiration: null },
    }),
  },
  {
    name: "properties",
    does: "Publishes `påyload` in UTF-8 to P with every property and a header of every common type, gets it.",
    expected: (_, lacking) => ({ ...properties, headers: headersBut(lacking), body: "påyload" }),
  },
  {
    name: "get",
    does: "Gets from the empty P, publishes 0 to 2, gets one and reports how many remain.",
    expected: () => ({ empty: true, body: "0", remaining: 2 }),
  },
  {
    name: "large",
    does: `Publishes ${LARGE_BODY_BYTES} bytes (byte i is i modulo 251) to P with a confirm, gets them.`,
    expected: () => ({ bytes: LARGE_BODY_BYTES, intact: true }),
  },
  {
    name: "tls",
    does: "Connects with TLS, trusting the given certificate authority and checking the host; publishes `secret` to P and gets it. Then connects trusting no authority but the system's, which must fail.",
    expected: () => ({ body: "secret", withoutAuthority: "refused" }),
  },
];
