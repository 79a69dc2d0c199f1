import type { RunningCase, Suite, SuiteEnvironment, SuiteSession } from "../../src/conform/case.ts";
import { ConformanceFailure } from "../../src/conform/failure.ts";
import { CONTROL_LIVES } from "../../src/conform/run-suite.ts";
import { definitionsFile } from "./accounts.ts";
import { probeCapabilities } from "./capabilities.ts";
import { Connection } from "./client/connection.ts";
import { Journal } from "./client/journal.ts";
import { type AmqpCase, AmqpContext } from "./context.ts";
import { type BrokerLogin, DEFAULT_LOGIN } from "./login.ts";
import { AMQP_CASES } from "./catalogue.ts";

export const amqpSuite: Suite<AmqpContext> = {
  name: "amqp",
  cases: AMQP_CASES,
  definitions: definitionsFile,
  open,
};

async function open({ broker }: SuiteEnvironment): Promise<SuiteSession<AmqpContext>> {
  const login = (broker.endpoint as { login?: BrokerLogin }).login ?? DEFAULT_LOGIN;
  const capabilities = await probeCapabilities(broker, login);
  const controls = new Map<number, Connection>();

  async function controlOf(slot: number): Promise<Connection> {
    const known = controls.get(slot);
    if (known !== undefined && known.ending === null) return known;
    const opened = await Connection.open(broker.endpoint, `control${slot}`, new Journal(), login);
    controls.set(slot, opened);
    return opened;
  }

  async function begin(test: AmqpCase, seed: number, slot: number): Promise<RunningCase<AmqpContext>> {
    const context = new AmqpContext(test, seed, broker, login, capabilities);
    const control = await controlOf(slot);
    const port = broker.endpoint.port;
    return {
      context,
      leniences: context.leniences,
      transcript: () => context.journal.last(40),
      finish: async () => {
        const restarted = test.requires?.includes("restart") === true || port !== broker.endpoint.port;
        if (!restarted) await proveAlive(control);
        await context.finish(await controlOf(slot));
      },
    };
  }

  return {
    capabilities,
    begin,
    [Symbol.asyncDispose]: async () => {
      for (const control of controls.values()) await control.close().catch(() => control.wire.destroy());
    },
  };
}

/** A message goes through the broker and back on a connection that had no part in the case. */
async function proveAlive(control: Connection): Promise<void> {
  try {
    const channel = await control.channel();
    const { queue } = await channel.call("queue.declare", { exclusive: true, autoDelete: true });
    channel.publish("", queue, "alive");
    const message = await channel.getWithin(queue);
    if (message?.text !== "alive")
      throw new ConformanceFailure("its own message", message?.text ?? "nothing");
    await channel.call("queue.delete", { queue });
    await channel.close();
  } catch (error) {
    control.wire.destroy();
    if (error instanceof ConformanceFailure) throw new ConformanceFailure(CONTROL_LIVES, error.message);
    throw error;
  }
}
