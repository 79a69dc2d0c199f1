/** What an AMQP case has at hand. Everything it opens is closed and everything it names is deleted after it. */
import type { BrokerUnderTest, Capability } from "../../src/conform/case.ts";
import { ConformanceFailure } from "../../src/conform/failure.ts";
import { judgeStep } from "../../src/conform/outcome.ts";
import type { Accepted, ConformanceCase } from "../../src/conform/case.ts";
import { type Random, seededRandom } from "../../src/load/random.ts";
import { ACCOUNT_PASSWORD, type AccountName } from "./accounts.ts";
import type { Channel } from "./client/channel.ts";
import type { Arguments } from "./client/codec.ts";
import { Connection, type ConnectionOptions } from "./client/connection.ts";
import { inWords } from "./client/describe.ts";
import { Journal } from "./client/journal.ts";
import { Wire } from "./client/wire.ts";
import type { BrokerLogin } from "./login.ts";

export type AmqpCase = ConformanceCase<AmqpContext>;

export interface QueueOptions {
  readonly durable?: boolean;
  readonly exclusive?: boolean;
  readonly autoDelete?: boolean;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

export class AmqpContext {
  readonly journal = new Journal();
  readonly seed: number;
  readonly random: Random;
  readonly capabilities: ReadonlyMap<string, Capability>;
  readonly leniences: string[] = [];
  readonly #broker: BrokerUnderTest;
  readonly #login: BrokerLogin;
  readonly #outcomes: Readonly<Record<string, Accepted>> | undefined;
  readonly #caseId: string;
  readonly #connections: Connection[] = [];
  readonly #wires: Wire[] = [];
  readonly #queues = new Set<string>();
  readonly #exchanges = new Set<string>();
  readonly #undo: (() => Promise<void>)[] = [];
  #main: Connection | null = null;
  #names = 0;

  constructor(
    test: AmqpCase,
    seed: number,
    broker: BrokerUnderTest,
    login: BrokerLogin,
    capabilities: ReadonlyMap<string, Capability>,
  ) {
    this.seed = seed;
    this.random = seededRandom(seed);
    this.capabilities = capabilities;
    this.#broker = broker;
    this.#login = login;
    this.#outcomes = test.outcomes;
    this.#caseId = test.id.toLowerCase();
  }

  /** Fresh within the broker's life, the same for the same seed and process run apart from the last part. */
  name(kind: string): string {
    return `conform.${this.#caseId}.${kind}${++this.#names}.${this.random().toString(36)}${runMark}`;
  }

  below(limit: number): number {
    return this.random() % limit;
  }

  // --- connections

  async connect(options: ConnectionOptions = {}): Promise<Connection> {
    const name = `c${this.#connections.length + this.#wires.length + 1}`;
    const connection = await Connection.open(this.#broker.endpoint, name, this.journal, {
      ...this.#login,
      ...options,
    });
    this.#connections.push(connection);
    return connection;
  }

  async connectAs(user: AccountName): Promise<Connection> {
    return await this.connect({ user, password: ACCOUNT_PASSWORD });
  }

  /** A connection before its handshake. */
  async wire(): Promise<Wire> {
    const name = `w${this.#connections.length + this.#wires.length + 1}`;
    const wire = await Wire.connect(this.#broker.endpoint, name, this.journal);
    this.#wires.push(wire);
    return wire;
  }

  /** The connection that cases use unless they need one of their own. */
  async main(): Promise<Connection> {
    if (this.#main === null || this.#main.ending !== null) this.#main = await this.connect();
    return this.#main;
  }

  async channel(): Promise<Channel> {
    return await (await this.main()).channel();
  }

  async confirmingChannel(connection?: Connection): Promise<Channel> {
    const channel = await (connection ?? (await this.main())).channel();
    await channel.call("confirm.select");
    return channel;
  }

  get login(): BrokerLogin {
    return this.#login;
  }

  // --- topology

  /** A durable queue unless `options` say otherwise, deleted after the case; the name is fresh unless given. */
  async queue(channel: Channel, options: QueueOptions = {}, name = this.name("q")): Promise<string> {
    this.#queues.add(name);
    await channel.call("queue.declare", { queue: name, durable: true, ...options });
    return name;
  }

  async exchange(
    channel: Channel,
    type: string,
    options: Arguments = {},
    name = this.name("x"),
  ): Promise<string> {
    this.#exchanges.add(name);
    await channel.call("exchange.declare", { exchange: name, type, ...options });
    return name;
  }

  async bind(
    channel: Channel,
    queue: string,
    exchange: string,
    routingKey = "",
    args: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    await channel.call("queue.bind", { queue, exchange, routingKey, arguments: args });
  }

  async bindExchange(channel: Channel, destination: string, source: string, routingKey = ""): Promise<void> {
    await channel.call("exchange.bind", { destination, source, routingKey });
  }

  /** A queue name to be deleted afterwards that somebody else declares. */
  queueName(): string {
    const name = this.name("q");
    this.#queues.add(name);
    return name;
  }

  exchangeName(): string {
    const name = this.name("x");
    this.#exchanges.add(name);
    return name;
  }

  /** Counts of a queue that exists. */
  async counts(channel: Channel, queue: string): Promise<{ messages: number; consumers: number }> {
    const { messageCount, consumerCount } = await channel.call("queue.declare", { queue, passive: true });
    return { messages: messageCount, consumers: consumerCount };
  }

  /** Waits until the queue says that it holds `messages` ready ones. */
  async awaitCount(channel: Channel, queue: string, messages: number, timeoutMs = 10_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const counts = await this.counts(channel, queue);
      if (counts.messages === messages) return;
      if (performance.now() > deadline) {
        throw new ConformanceFailure(`${messages} ready messages in the queue`, `${counts.messages}`, {
          timedOut: true,
        });
      }
      await this.sleep(10);
    }
  }

  /** Whether the queue exists, asked on a channel of its own. */
  async queueExists(name: string): Promise<boolean> {
    const channel = await this.channel();
    const reaction = await channel.provoke("queue.declare", { queue: name, passive: true });
    if (reaction === "queue.declare-ok") await channel.close();
    else this.equal(reaction, "CHAN 404", "passive declaration of a missing queue");
    return reaction === "queue.declare-ok";
  }

  async exchangeExists(name: string): Promise<boolean> {
    const channel = await this.channel();
    const reaction = await channel.provoke("exchange.declare", {
      exchange: name,
      type: "direct",
      passive: true,
    });
    if (reaction === "exchange.declare-ok") await channel.close();
    else this.equal(reaction, "CHAN 404", "passive declaration of a missing exchange");
    return reaction === "exchange.declare-ok";
  }

  /** Waits until `holds` answers true. */
  async eventually(holds: () => Promise<boolean>, expected: string, timeoutMs = 10_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await holds())) {
      if (performance.now() > deadline) {
        throw new ConformanceFailure(expected, `not within ${timeoutMs / 1000} s`, { timedOut: true });
      }
      await this.sleep(20);
    }
  }

  // --- messages

  /** Publishes to the default exchange and waits until the queue counts it. */
  async fill(channel: Channel, queue: string, bodies: readonly string[], properties = {}): Promise<void> {
    for (const body of bodies) channel.publish("", queue, body, { properties });
    await this.awaitCount(channel, queue, bodies.length);
  }

  /** Bodies of everything in the queue, taken without acknowledgement. */
  async drain(channel: Channel, queue: string): Promise<string[]> {
    const bodies: string[] = [];
    for (;;) {
      const message = await channel.get(queue);
      if (message === null) return bodies;
      bodies.push(message.text);
    }
  }

  /** Fails when something is delivered to the channel within the time. */
  async nothingDelivered(channel: Channel, forMs = 250): Promise<void> {
    await channel.sync();
    await this.sleep(forMs);
    await channel.sync();
    this.equal(
      channel.deliveries.map(({ text }) => text),
      [],
      "no delivery",
    );
  }

  // --- judging

  /** What was seen at a step of the case's `outcomes`. */
  observe(step: string, actual: string): void {
    const lenience = judgeStep(this.#outcomes, step, actual);
    if (lenience !== null) this.leniences.push(lenience);
  }

  equal(actual: unknown, expected: unknown, what: string): void {
    const [one, other] = [inWords(actual), inWords(expected)];
    if (one !== other) throw new ConformanceFailure(`${what}: ${other}`, one);
  }

  holds(condition: boolean, expected: string, actual: unknown): void {
    if (!condition)
      throw new ConformanceFailure(expected, typeof actual === "string" ? actual : inWords(actual));
  }

  // --- the broker

  /**
   * Until what was declared is on the disk: RabbitMQ 4.0 keeps definitions in Mnesia, whose log is written up to two
   * seconds after declare-ok, so that a queue declared just before a kill may be gone with its messages.
   */
  async definitionsWritten(): Promise<void> {
    await this.sleep(2500);
  }

  async restart(how: "graceful" | "kill"): Promise<void> {
    if (this.#broker.restart === null) throw new Error("the case has to require the capability restart");
    this.journal.note("broker", `${how} restart`);
    await this.#broker.restart(how);
    this.#main = null;
  }

  /** Turns the memory alarm on or off; it is off again after the case. */
  async setMemoryAlarm(on: boolean): Promise<void> {
    const { setMemoryAlarm } = this.#broker;
    if (setMemoryAlarm === null) throw new Error("the case has to require the capability memory-alarm");
    if (on) this.after(() => setMemoryAlarm(false));
    await setMemoryAlarm(on);
  }

  get endpoint(): { readonly host: string; readonly port: number } {
    return this.#broker.endpoint;
  }

  /** Run after the case, whatever became of it, latest first. */
  after(undo: () => Promise<void>): void {
    this.#undo.push(undo);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  // --- the end

  /** Deletes on `control`, a connection that must live after every case. */
  async finish(control: Connection): Promise<void> {
    for (const connection of this.#connections) connection.wire.destroy();
    for (const wire of this.#wires) wire.destroy();
    for (const undo of this.#undo.reverse()) await undo();
    await remove(control, "queue.delete", "queue", this.#queues);
    await remove(control, "exchange.delete", "exchange", this.#exchanges);
  }
}

/** Names of two runs against one broker do not meet. */
const runMark = Date.now().toString(36).slice(-5);

/** A refusal (an exclusive queue not yet gone, a missing one for a strict broker) costs the channel, not the case. */
async function remove(
  control: Connection,
  method: string,
  argument: string,
  names: ReadonlySet<string>,
): Promise<void> {
  if (names.size === 0) return;
  let channel = await control.channel();
  for (const name of names) {
    const reaction = await channel.provoke(method, { [argument]: name });
    if (reaction.startsWith("CHAN")) channel = await control.channel();
  }
  await channel.close();
}
