import type { Endpoint } from "../../load/protocol.ts";
import type { QueueLoad } from "../../load/queue-load.ts";
import { isSlow } from "../../load/queue-load.ts";
import { AmqpConnection, type ConnectionOptions } from "./connection.ts";
import type { FieldTable } from "./methods.ts";
import { deadLetterQueueName, exchangeName, queueName, routingKey } from "./names.ts";

/** What the orchestrator asks of an AMQP broker: topology before a load, its removal after it. Throws as `call` does. */
export class AmqpAdmin implements AsyncDisposable {
  readonly #connection: AmqpConnection;

  private constructor(connection: AmqpConnection) {
    this.#connection = connection;
  }

  static async connect(endpoint: Endpoint, options: ConnectionOptions = {}): Promise<AmqpAdmin> {
    return new AmqpAdmin(await AmqpConnection.open(endpoint, options));
  }

  /**
   * Queues are durable, as most are and as RabbitMQ wants those that outlive their connection to be; messages are
   * persistent or not by themselves. With fan-out every queue is bound with every routing key.
   */
  async declare(name: string, load: QueueLoad): Promise<void> {
    const { queues, topics, routing, deadlines } = load;
    const exchange = exchangeName(name);
    if (routing === "fan-out") await this.#declareExchange(exchange);
    for (let queue = 0; queue < queues; queue++) {
      if (deadlines?.deadLetter) await this.#declareQueue(deadLetterQueueName(name, queue), {});
      await this.#declareQueue(queueName(name, queue), argumentsOf(name, queue, load));
      for (let topic = 0; routing === "fan-out" && topic < topics; topic++) {
        // Thousands, so that waiting for each would take seconds.
        this.#connection.send("queue.bind", {
          queue: queueName(name, queue),
          exchange,
          routingKey: routingKey(topic),
          noWait: true,
        });
      }
    }
    await this.depth(name, 0);
  }

  async remove(name: string, { queues, routing, deadlines }: QueueLoad): Promise<void> {
    for (let queue = 0; queue < queues; queue++) {
      await this.#deleteQueue(queueName(name, queue));
      if (deadlines?.deadLetter) await this.#deleteQueue(deadLetterQueueName(name, queue));
    }
    if (routing === "fan-out") {
      await this.#connection.call("exchange.delete", "exchange.delete-ok", { exchange: exchangeName(name) });
    }
  }

  /** Messages that wait in a queue, without those delivered and not acknowledged. */
  depth(name: string, queue: number): Promise<number> {
    return this.#depthOf(queueName(name, queue));
  }

  /** The same of what expired in it and was not delivered yet. */
  deadLetterDepth(name: string, queue: number): Promise<number> {
    return this.#depthOf(deadLetterQueueName(name, queue));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  async #depthOf(queue: string): Promise<number> {
    const passive = true;
    const declared = await this.#connection.call("queue.declare", "queue.declare-ok", { queue, passive });
    return declared.messageCount;
  }

  async #declareQueue(queue: string, given: FieldTable): Promise<void> {
    const declaration = { queue, durable: true, arguments: given };
    await this.#connection.call("queue.declare", "queue.declare-ok", declaration);
  }

  async #deleteQueue(queue: string): Promise<void> {
    await this.#connection.call("queue.delete", "queue.delete-ok", { queue });
  }

  async #declareExchange(exchange: string): Promise<void> {
    await this.#connection.call("exchange.declare", "exchange.declare-ok", {
      exchange,
      type: "direct",
      durable: true,
    });
  }
}

function argumentsOf(name: string, queue: number, load: QueueLoad): FieldTable {
  const { slow, deadlines } = load;
  const overflow =
    slow !== null && isSlow(load, queue) ? { "x-max-length": slow.maxLength, "x-overflow": slow.policy } : {};
  const ttl = deadlines?.due === "queue-ttl" ? { "x-message-ttl": deadlines.leadMs } : {};
  const deadLetter = deadlines?.deadLetter
    ? { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": deadLetterQueueName(name, queue) }
    : {};
  return { ...overflow, ...ttl, ...deadLetter };
}
