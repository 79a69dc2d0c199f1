/** What the broker has, found by asking it. */
import type { BrokerUnderTest, Capability } from "../../src/conform/case.ts";
import { ConformanceFailure } from "../../src/conform/failure.ts";
import { ACCOUNT_PASSWORD, type AccountName } from "./accounts.ts";
import { Connection } from "./client/connection.ts";
import { Journal } from "./client/journal.ts";
import type { BrokerLogin } from "./login.ts";

export async function probeCapabilities(
  broker: BrokerUnderTest,
  login: BrokerLogin,
): Promise<Map<string, Capability>> {
  const connection = await Connection.open(broker.endpoint, "probe", new Journal(), login);
  const capabilities = new Map<string, Capability>();
  const told = (connection.greeting.serverProperties.capabilities ?? {}) as Record<string, unknown>;
  for (const name of ADVERTISED) {
    const evidence = `connection.start says ${name}=${String(told[name] ?? "nothing")}`;
    capabilities.set(name, { present: told[name] === true, evidence });
  }
  for (const [name, probe] of Object.entries(TRIALS))
    capabilities.set(name, await attempt(broker, login, probe));
  capabilities.set("restart", {
    present: broker.restart !== null,
    evidence: broker.restart === null ? "it was not started by this run" : "started by this run",
  });
  capabilities.set("memory-alarm", {
    present: broker.setMemoryAlarm !== null,
    evidence: broker.setMemoryAlarm === null ? "nothing alarms this target from here" : "set from here",
  });
  capabilities.set("accounts", await logsIn(broker));
  for (const [name, evidence] of Object.entries(NEVER)) capabilities.set(name, { present: false, evidence });
  await connection.close();
  return capabilities;
}

/** What no target of this machine offers yet. */
const NEVER: Readonly<Record<string, string>> = {
  "power-cut": "there is no injector that cuts power",
  "non-loopback-listener": "targets listen on the loopback alone",
};

const ADVERTISED = [
  "publisher_confirms",
  "exchange_exchange_bindings",
  "basic.nack",
  "consumer_cancel_notify",
  "connection.blocked",
  "consumer_priorities",
  "authentication_failure_close",
  "per_consumer_qos",
  "direct_reply_to",
];

type Probe = (connection: Connection) => Promise<string>;

/** A trial each; the reaction is the evidence. A reaction that ends in `-ok` means that it is there. */
const TRIALS: Readonly<Record<string, Probe>> = {
  "transient-queues": declares({}),
  "queue-type-quorum": declares({ "x-queue-type": "quorum" }, true),
  "single-active-consumer": declares({ "x-single-active-consumer": true }, true),
  "priority-queues": declares({ "x-max-priority": 3 }, true),
  "global-prefetch": async (connection) => {
    const channel = await connection.channel();
    const reaction = await channel.provoke("basic.qos", { prefetchCount: 1, global: true });
    if (reaction.endsWith("-ok")) await channel.close();
    return reaction;
  },
  transactions: async (connection) => {
    const channel = await connection.channel();
    const reaction = await channel.provoke("tx.select");
    if (reaction.endsWith("-ok")) await channel.close();
    return reaction;
  },
};

function declares(args: Readonly<Record<string, unknown>>, durable = false): Probe {
  return async (connection) => {
    const channel = await connection.channel();
    const queue = `conform.probe.${process.pid}.${Math.trunc(performance.now() * 1000)}`;
    const reaction = await channel.provoke("queue.declare", { queue, durable, arguments: args });
    if (reaction.endsWith("-ok")) {
      await channel.call("queue.delete", { queue });
      await channel.close();
    }
    return reaction;
  };
}

async function logsIn(broker: BrokerUnderTest): Promise<Capability> {
  const user: AccountName = "conform-reader";
  const evidence = `user ${user} with the password ${ACCOUNT_PASSWORD}`;
  try {
    const connection = await Connection.open(broker.endpoint, "account", new Journal(), {
      user,
      password: ACCOUNT_PASSWORD,
    });
    connection.wire.destroy();
    return { present: true, evidence: `${evidence} may log in` };
  } catch (error) {
    if (!(error instanceof ConformanceFailure)) throw error;
    return { present: false, evidence: `${evidence} may not log in: ${error.actual}` };
  }
}

/** On a connection of its own: a trial may cost it. */
async function attempt(broker: BrokerUnderTest, login: BrokerLogin, probe: Probe): Promise<Capability> {
  const connection = await Connection.open(broker.endpoint, "trial", new Journal(), login);
  try {
    const reaction = await probe(connection);
    return { present: reaction.endsWith("-ok"), evidence: `a trial was answered with ${reaction}` };
  } catch (error) {
    if (!(error instanceof ConformanceFailure)) throw error;
    return { present: false, evidence: error.message };
  } finally {
    connection.wire.destroy();
  }
}
