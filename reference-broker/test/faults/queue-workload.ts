/** Queues under load as in the kill rounds: publishers with confirms, consumers that settle as their plan says. */
import type { BrokerProcess } from "../support/broker-process.ts";
import { judgeHolding } from "./amqp/kill-round.ts";
import { type Holding, type NumberSource, open, QueueLoad } from "./amqp/load.ts";
import { QueueLedger } from "./amqp/queue-ledger.ts";
import { planQueueRound, type QueueRoundPlan } from "./amqp/round-plan.ts";
import type { Draws } from "./rounds.ts";
import type { Judgement, Refusal, Workload } from "./workload.ts";

const MAX_PLAN_SEED = 1_000_000;
/** For dead letters on their way, when some messages never come. */
const SHORT_PATIENCE_MS = 500;

export class QueueWorkload implements Workload {
  readonly #plan: QueueRoundPlan;
  readonly #holdings: readonly Holding[];
  readonly #numbers: NumberSource = { next: 1 };
  #load: QueueLoad | null = null;
  #life = 0;

  constructor(draws: Draws) {
    this.#plan = unlimited(planQueueRound(draws.between(1, MAX_PLAN_SEED), 1));
    this.#holdings = this.#plan.queues.map((queue) => ({ round: 1, queue, ledger: new QueueLedger(false) }));
  }

  get confirmed(): number {
    return this.#holdings.reduce((sum, { ledger }) => sum + ledger.confirmedCount, 0);
  }

  get refused(): number {
    return this.#holdings.reduce((sum, { ledger }) => sum + ledger.nackedCount, 0);
  }

  async begin(broker: BrokerProcess): Promise<void> {
    const { port } = await broker.amqp;
    if (this.#life > 0) for (const { ledger } of this.#holdings) ledger.restarted();
    this.#load = await QueueLoad.start(port, this.#plan, this.#life++, this.#holdings, this.#numbers);
  }

  faultBegins(): void {
    for (const { ledger } of this.#holdings) ledger.diskFails();
  }

  async end(): Promise<void> {
    await this.#load!.stop();
  }

  async ended(): Promise<void> {
    await this.#load!.ended();
  }

  async read(broker: BrokerProcess): Promise<void> {
    const connection = await open((await broker.amqp).port);
    const channel = await connection.createChannel();
    for (const { queue } of this.#holdings) await channel.checkQueue(queue.name);
    const message = await channel.get(this.#holdings[0]!.queue.name);
    if (message !== false) channel.nack(message);
    await channel.close();
    await connection.close();
  }

  async change(broker: BrokerProcess, name: string): Promise<Refusal | null> {
    const connection = await open((await broker.amqp).port);
    let refusal: Refusal | null = null;
    connection.on("error", ({ code, message }: Error & { code: number }) => {
      refusal = { code, text: message };
    });
    const channel = await connection.createChannel();
    channel.on("error", () => undefined);
    try {
      await channel.assertQueue(name, { durable: true });
      await connection.close();
      return null;
    } catch (error) {
      return refusal ?? { code: 0, text: String(error) };
    }
  }

  bodyBytes(number: number): number | undefined {
    for (const { ledger } of this.#holdings) {
      const bytes = ledger.bodyBytes(number);
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  }

  async judge(broker: BrokerProcess, mayLose: boolean): Promise<Judgement> {
    const connection = await open((await broker.amqp).port);
    const lost: number[] = [];
    const findings: string[] = [];
    const anomalies: Record<string, number> = {};
    let delivered = 0;
    for (const holding of this.#holdings) {
      const judged = await judgeHolding(connection, holding, mayLose ? SHORT_PATIENCE_MS : undefined);
      lost.push(...holding.ledger.lostNumbers());
      findings.push(...judged.findings);
      delivered += judged.counts.delivered;
      for (const [name, count] of Object.entries(judged.anomalies)) {
        if (name !== "lost") anomalies[name] = (anomalies[name] ?? 0) + count;
      }
    }
    await connection.close();
    const { queues, publishers } = this.#plan;
    return {
      ...{ lost, anomalies, findings, damagedReads: 0 },
      summary: `${queues.length} queues, ${publishers.length} publishers, ${this.confirmed} confirmed, ${this.refused} refused, ${delivered} deliveries`,
    };
  }
}

/** Only the disk refuses a publish. */
function unlimited(plan: QueueRoundPlan): QueueRoundPlan {
  return { ...plan, queues: plan.queues.map((queue) => ({ ...queue, maxLength: 0 })) };
}
