import { ConformanceFailure } from "../../../src/conform/failure.ts";
import {
  type Arguments,
  type ContentHeader,
  contentFrames,
  decodeHeader,
  decodeMethod,
  FRAME,
  type Frame,
  type Loose,
  type Method,
} from "./codec.ts";
import type { Connection } from "./connection.ts";
import type { DecodedTable } from "./field-table.ts";
import type { Properties } from "./methods.ts";
import { REPLY_TIMEOUT_MS } from "./wire.ts";

/** A message as it arrived by basic.deliver, basic.get-ok or basic.return. */
export interface Received {
  readonly args: Readonly<Record<string, Loose>>;
  readonly tag: number;
  readonly redelivered: boolean;
  readonly text: string;
  readonly body: Buffer;
  readonly properties: Properties;
  readonly headers: Readonly<Record<string, Loose>>;
  readonly headerTable: DecodedTable;
  readonly bodyFrameBytes: readonly number[];
  readonly atMs: number;
}

/** What a channel was told about its publishes, in the order of the wire. */
export interface Verdict {
  readonly kind: "ack" | "nack" | "return";
  readonly tag: number;
  readonly multiple: boolean;
}

export interface PublishOptions {
  readonly mandatory?: boolean;
  readonly immediate?: boolean;
  readonly properties?: Properties;
}

interface Assembling {
  readonly method: Method;
  header: ContentHeader | null;
  readonly parts: Buffer[];
  bytes: number;
}

export class Channel {
  readonly connection: Connection;
  readonly id: number;
  readonly replies: (Method & { received?: Received })[] = [];
  readonly deliveries: Received[] = [];
  readonly returns: Received[] = [];
  readonly verdicts: Verdict[] = [];
  /** Consumer tags that the server cancelled. */
  readonly cancelled: string[] = [];
  /** `CHAN <code>` after channel.close from the server. */
  ending: string | null = null;
  endingText = "";
  /** False: channel.close is not answered, so that a case can send into the closing channel. */
  answersClose = true;
  published = 0;
  #assembling: Assembling | null = null;

  constructor(connection: Connection, id: number) {
    this.connection = connection;
    this.id = id;
  }

  static methodOf(frame: Frame): Method | null {
    return frame.type === FRAME.method ? decodeMethod(frame.payload) : null;
  }

  send(name: string, args: Arguments = {}): void {
    this.connection.wire.method(this.id, name, args);
  }

  /** Sends and returns the arguments of `<name>-ok`; anything else fails the case. */
  async call(name: string, args: Arguments = {}): Promise<Record<string, Loose>> {
    this.send(name, args);
    return (await this.#reply(`${name}-ok`)).args;
  }

  /** Sends and tells what came of it: the name of the reply, `CHAN n`, `CONN n` or `SOCK`. */
  async provoke(name: string, args: Arguments = {}): Promise<string> {
    this.send(name, args);
    return await this.reaction();
  }

  async reaction(timeoutMs = REPLY_TIMEOUT_MS): Promise<string> {
    return await this.connection.wire.until(
      () => this.replies.shift()?.name ?? this.ending ?? this.connection.ending ?? undefined,
      timeoutMs,
      "a reply or a close",
      true,
    );
  }

  /** After something that has no reply: `none`, or how the channel or connection ended. */
  async barrier(): Promise<string> {
    const reaction = await this.provoke("exchange.declare", {
      exchange: "amq.direct",
      type: "direct",
      passive: true,
    });
    return reaction === "exchange.declare-ok" ? "none" : reaction;
  }

  /** `barrier` that fails the case when the channel did not survive. */
  async sync(): Promise<void> {
    const reaction = await this.barrier();
    if (reaction !== "none") {
      throw new ConformanceFailure("the channel lives", `${reaction} ${this.endingText}`.trim());
    }
  }

  publish(exchange: string, routingKey: string, body: string | Buffer, options: PublishOptions = {}): void {
    const { mandatory = false, immediate = false, properties = {} } = options;
    this.published++;
    this.connection.wire.write(
      contentFrames(
        this.id,
        "basic.publish",
        { exchange, routingKey, mandatory, immediate },
        properties,
        typeof body === "string" ? Buffer.from(body) : body,
        this.connection.frameMax,
      ),
    );
  }

  /** Publishes on a confirming channel and waits for the verdict. */
  async publishConfirmed(
    exchange: string,
    routingKey: string,
    body: string | Buffer,
    options: PublishOptions = {},
  ): Promise<"ack" | "nack"> {
    this.publish(exchange, routingKey, body, options);
    return (await this.settled()).get(this.published)!;
  }

  /** Waits until every publish of this channel has its verdict; by tag, `multiple` spread out. */
  async settled(timeoutMs = REPLY_TIMEOUT_MS): Promise<Map<number, "ack" | "nack">> {
    const wanted = this.published;
    return await this.connection.wire.until(
      () => {
        if (this.ending !== null)
          throw new ConformanceFailure("confirms", `${this.ending} ${this.endingText}`);
        const settled = settledTags(this.verdicts);
        return settled.size >= wanted ? settled : undefined;
      },
      timeoutMs,
      `${wanted} publishes confirmed`,
    );
  }

  async get(queue: string, noAck = true): Promise<Received | null> {
    this.send("basic.get", { queue, noAck });
    const reply = await this.#reply("basic.get-ok", "basic.get-empty");
    return reply.received ?? null;
  }

  /** basic.get until there is something: a publish from another channel may take its time. Fails when there is nothing. */
  async getWithin(queue: string, noAck = true, timeoutMs = 5000): Promise<Received> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const message = await this.get(queue, noAck);
      if (message !== null) return message;
      if (performance.now() > deadline) {
        const waited = `get-empty for ${timeoutMs / 1000} s`;
        throw new ConformanceFailure(`a message in ${queue}`, waited, { timedOut: true });
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async consume(queue: string, options: Arguments = {}): Promise<string> {
    return (await this.call("basic.consume", { queue, ...options })).consumerTag;
  }

  async delivery(timeoutMs = REPLY_TIMEOUT_MS): Promise<Received> {
    return await this.connection.wire.until(
      () => {
        if (this.ending !== null && this.deliveries.length === 0) {
          throw new ConformanceFailure("a delivery", `${this.ending} ${this.endingText}`);
        }
        return this.deliveries.shift();
      },
      timeoutMs,
      "a delivery",
    );
  }

  async take(count: number): Promise<Received[]> {
    const taken: Received[] = [];
    while (taken.length < count) taken.push(await this.delivery());
    return taken;
  }

  async returned(): Promise<Received> {
    return await this.connection.wire.until(() => this.returns.shift(), REPLY_TIMEOUT_MS, "basic.return");
  }

  ack(tag: number, multiple = false): void {
    this.send("basic.ack", { deliveryTag: tag, multiple });
  }

  nack(tag: number, options: { requeue?: boolean; multiple?: boolean } = {}): void {
    this.send("basic.nack", {
      deliveryTag: tag,
      requeue: options.requeue ?? true,
      multiple: options.multiple ?? false,
    });
  }

  async close(): Promise<void> {
    if (this.ending === null) await this.call("channel.close", { replyCode: 200, replyText: "done" });
  }

  /** Called by the connection for each frame of this channel. */
  receive(frame: Frame): void {
    if (frame.type === FRAME.method) this.#receiveMethod(frame);
    else if (frame.type === FRAME.header) this.#receiveHeader(frame);
    else if (frame.type === FRAME.body) this.#receiveBody(frame);
    else throw new ConformanceFailure("a frame type of AMQP 0-9-1", `type ${frame.type}`);
  }

  #receiveMethod(frame: Frame): void {
    if (this.#assembling !== null) {
      throw new ConformanceFailure(
        `content of ${this.#assembling.method.name}`,
        "a method between its frames",
      );
    }
    const method = decodeMethod(frame.payload);
    if (method === null)
      throw new ConformanceFailure("a method of AMQP 0-9-1", frame.payload.toString("hex", 0, 4));
    switch (method.name) {
      case "basic.deliver":
      case "basic.get-ok":
      case "basic.return":
        this.#assembling = { method, header: null, parts: [], bytes: 0 };
        return;
      case "basic.ack":
      case "basic.nack":
        this.verdicts.push({
          kind: method.name === "basic.ack" ? "ack" : "nack",
          tag: method.args.deliveryTag,
          multiple: method.args.multiple,
        });
        return;
      case "basic.cancel":
        this.cancelled.push(method.args.consumerTag);
        return;
      case "channel.flow":
        this.send("channel.flow-ok", { active: method.args.active });
        return;
      case "channel.close":
        this.ending = `CHAN ${method.args.replyCode}`;
        this.endingText = method.args.replyText;
        if (this.answersClose) this.send("channel.close-ok");
        return;
      default:
        this.replies.push(method);
    }
  }

  #receiveHeader(frame: Frame): void {
    const assembling = this.#assembling;
    if (assembling === null || assembling.header !== null) {
      throw new ConformanceFailure("a method before its header", "a header without one");
    }
    assembling.header = decodeHeader(frame.payload);
    this.#completeContent(assembling, assembling.header);
  }

  #receiveBody(frame: Frame): void {
    const assembling = this.#assembling;
    if (assembling?.header == null)
      throw new ConformanceFailure("a header before its body", "a body without one");
    assembling.parts.push(Buffer.from(frame.payload));
    assembling.bytes += frame.payload.length;
    this.#completeContent(assembling, assembling.header);
  }

  #completeContent({ method, parts, bytes }: Assembling, header: ContentHeader): void {
    if (bytes < header.bodySize) return;
    if (bytes > header.bodySize)
      throw new ConformanceFailure(`a body of ${header.bodySize} bytes`, `${bytes} bytes`);
    this.#assembling = null;
    const body = Buffer.concat(parts);
    const received: Received = {
      args: method.args,
      tag: method.args.deliveryTag ?? 0,
      redelivered: method.args.redelivered ?? false,
      text: body.toString("utf8", 0, 256),
      body,
      properties: header.properties,
      headers: (header.properties.headers ?? {}) as Record<string, Loose>,
      headerTable: header.headerTable,
      bodyFrameBytes: parts.map((part) => part.length),
      atMs: performance.now(),
    };
    if (method.name === "basic.deliver") this.deliveries.push(received);
    else if (method.name === "basic.get-ok") this.replies.push({ ...method, received });
    else {
      this.returns.push(received);
      this.verdicts.push({ kind: "return", tag: 0, multiple: false });
    }
  }

  async #reply(...names: string[]): Promise<Method & { received?: Received }> {
    const expected = names.join(" or ");
    const reply = await this.connection.wire.until(
      () => {
        const next = this.replies.shift();
        if (next === undefined && this.ending !== null) {
          throw new ConformanceFailure(expected, `${this.ending} ${this.endingText}`);
        }
        return next;
      },
      REPLY_TIMEOUT_MS,
      expected,
    );
    if (!names.includes(reply.name)) throw new ConformanceFailure(expected, reply.name);
    return reply;
  }
}

/** Tags with their verdict, `multiple` spread over what came before. A tag settled twice fails the case. */
export function settledTags(verdicts: readonly Verdict[]): Map<number, "ack" | "nack"> {
  const settled = new Map<number, "ack" | "nack">();
  let lowestOpen = 1;
  for (const { kind, tag, multiple } of verdicts) {
    if (kind === "return") continue;
    if (!multiple && settled.has(tag)) throw new ConformanceFailure(`one verdict for publish ${tag}`, "two");
    for (let open = multiple ? lowestOpen : tag; open <= tag; open++) {
      if (!settled.has(open)) settled.set(open, kind);
    }
    while (settled.has(lowestOpen)) lowestOpen++;
  }
  return settled;
}
