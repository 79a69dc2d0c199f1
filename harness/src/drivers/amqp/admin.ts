import type { Endpoint } from "../../load/protocol.ts";
import type { QueueLoad } from "../../load/queue-load.ts";
import { isSlow } from "../../load/queue-load.ts";
import { AmqpConnection } from "./connection.ts";
import { exchangeName, queueName, routingKey } from "./names.ts";

/** What the orchestrator asks of an AMQP broker: topology before a load, its removal after it. Throws as `call` does. */
export class AmqpAdmin implements AsyncDisposable {
  readonly #connection: AmqpConnection;

  private constructor(connection: AmqpConnection) {
    this.#connection = connection;
  }

  static async connect(endpoint: Endpoint): Promise<AmqpAdmin> {
    return new AmqpAdmin(await AmqpConnection.open(endpoint));
  }

  /**
   * Queues are durable, as most are and as RabbitMQ wants those that outlive their connection to be; messages are
   * persistent or not by themselves. With fan-out every queue is bound with every routing key.
   */
  async declare(name: string, load: QueueLoad): Promise<void> {
    const { slow, queues, topics, routing } = load;
    const exchange = exchangeName(name);
    if (routing === "fan-out") await this.#declareExchange(exchange);
    for (let queue = 0; queue < queues; queue++) {
      const limit =
        slow !== null && isSlow(load, queue)
          ? { "x-max-length": slow.maxLength, "x-overflow": slow.policy }
          : {};
      await this.#connection.call("queue.declare", "queue.declare-ok", {
        queue: queueName(name, queue),
        durable: true,
        arguments: limit,
      });
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

  async remove(name: string, { queues, routing }: QueueLoad): Promise<void> {
    for (let queue = 0; queue < queues; queue++) {
      await this.#connection.call("queue.delete", "queue.delete-ok", { queue: queueName(name, queue) });
    }
    if (routing === "fan-out") {
      await this.#connection.call("exchange.delete", "exchange.delete-ok", { exchange: exchangeName(name) });
    }
  }

  /** Messages that wait in a queue, without those delivered and not acknowledged. */
  async depth(name: string, queue: number): Promise<number> {
    const declared = await this.#connection.call("queue.declare", "queue.declare-ok", {
      queue: queueName(name, queue),
      passive: true,
    });
    return declared.messageCount;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  async #declareExchange(exchange: string): Promise<void> {
    await this.#connection.call("exchange.declare", "exchange.declare-ok", {
      exchange,
      type: "direct",
      durable: true,
    });
  }
}
