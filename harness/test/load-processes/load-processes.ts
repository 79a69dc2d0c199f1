/** Runs one publisher and one consumer process against a broker, as the orchestrator does but for its timing. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { KafkaAdmin } from "../../src/drivers/kafka/admin.ts";
import type {
  ConsumerReport,
  Endpoint,
  FromLoadProcess,
  PrepareLogLoad,
  PublisherReport,
  Ready,
  ToLoadProcess,
} from "../../src/load/protocol.ts";
import { nowUs } from "../../src/measure/clock.ts";
import type { LogLoadParameters } from "../../src/scenario/plan.ts";

export const PARAMETERS: LogLoadParameters = {
  producers: 3,
  partitions: 2,
  payloadBytes: 100,
  payloadKind: "json",
  batchBytes: 16 * 1024,
  codec: "lz4",
  acks: 1,
  lingerMs: 5,
  maxInFlight: 5,
  idempotent: false,
  ratePerSecond: null,
};

export interface LoadRun {
  readonly ready: Ready;
  readonly published: PublisherReport;
  readonly consumed: ConsumerReport;
  /** Sum of the partitions' log end offsets after the last answer. */
  readonly logEnd: number;
}

export interface LoadRunOptions {
  readonly endpoint: Endpoint;
  readonly topic: string;
  readonly topicConfigs?: Readonly<Record<string, string>>;
  readonly driver?: PrepareLogLoad["driver"];
  readonly parameters?: Partial<LogLoadParameters>;
  readonly durationMs?: number;
  readonly maxBytes?: number;
}

export async function runLoad(options: LoadRunOptions): Promise<LoadRun> {
  const { endpoint, topic, driver = "kafka" } = options;
  const parameters = { ...PARAMETERS, ...options.parameters };
  const range = (count: number) => Array.from({ length: count }, (_, index) => index);
  await using admin = await KafkaAdmin.connect(endpoint);
  await admin.createTopic(topic, parameters.partitions, options.topicConfigs);
  const prepare: PrepareLogLoad = {
    type: "prepare",
    kind: "log",
    driver,
    endpoint,
    topic,
    parameters,
    seed: 7,
    runId: 99,
    producers: range(parameters.producers),
    partitions: range(parameters.partitions),
    recordsPerBatch: 0,
    readers: 1,
  };
  using publisher = new LoadProcess("publisher-process.ts");
  using consumer = new LoadProcess("consumer-process.ts");
  publisher.send(prepare);
  const ready = await publisher.receive("ready");
  consumer.send({ ...prepare, recordsPerBatch: ready.batch?.records ?? 0 });
  await consumer.receive("ready");
  const { durationMs = 500, maxBytes = 4e6 } = options;
  const start = { type: "start", startAtUs: nowUs(), durationMs, maxBytes } as const;
  if (parameters.ratePerSecond !== null) consumer.send(start);
  publisher.send(start);
  const published = await publisher.receive("published");
  const ends = await admin.logEnds(topic, prepare.partitions);
  consumer.send({ type: "finish", timeoutMs: 30_000, published: published.outcomes });
  const consumed = await consumer.receive("consumed");
  return { ready, published, consumed, logEnd: [...ends.values()].reduce((sum, end) => sum + end, 0) };
}

type Message<Type> = Extract<FromLoadProcess, { readonly type: Type }>;

export class LoadProcess implements Disposable {
  readonly #child: ChildProcess;
  readonly #received: FromLoadProcess[] = [];
  #arrived: () => void = () => {};

  constructor(file: string) {
    this.#child = fork(fileURLToPath(new URL(`../../src/load-processes/${file}`, import.meta.url)), {
      execArgv: ["--disable-warning=TimeoutNegativeWarning"],
    });
    this.#child.on("message", (message: FromLoadProcess) => {
      this.#received.push(message);
      this.#arrived();
    });
  }

  send(message: ToLoadProcess): void {
    this.#child.send(message);
  }

  /** Throws what the process says when it fails. */
  async receive<Type extends FromLoadProcess["type"]>(type: Type): Promise<Message<Type>> {
    for (;;) {
      for (const message of this.#received.splice(0)) {
        if (message.type === type) return message as Message<Type>;
        if (message.type === "failed") throw new Error(`${message.code}: ${message.message}`);
      }
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  async exited(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    return await new Promise((resolve) => this.#child.once("exit", resolve));
  }

  disconnect(): void {
    this.#child.disconnect();
  }

  [Symbol.dispose](): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
