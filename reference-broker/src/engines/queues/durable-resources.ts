/** What of the topology outlives the process: definitions in a journal, and one store for each durable queue. */
import { invariant } from "../../base/invariant.ts";
import { BrokerError } from "../../errors.ts";
import type { QueueStore, QueueStores } from "./store/contract.ts";
import { storeTable } from "./topology/definition-table.ts";
import {
  type BindingDefinition,
  type Definition,
  DefinitionStore,
  type DefinitionStoreOptions,
  type ExchangeDefinition,
} from "./topology/definitions.ts";
import { type BindingRecord, Exchange } from "./topology/exchange.ts";
import { restoreDefinitions } from "./topology/restore-definitions.ts";
import type { TopologyDefinitions } from "./topology/topology.ts";
import type { BrokerVirtualHost, QueueDefinitions } from "./topology/virtual-host.ts";

export class DurableResources {
  readonly #definitions: DefinitionStore;
  readonly #stores: QueueStores;
  readonly #report: DefinitionStoreOptions["report"];
  /** Of queues that are there, by virtual host and name. */
  readonly #open = new Map<string, { readonly store: QueueStore; readonly directory: string }>();
  /** Of stores found at the start, until their queue opens them. */
  readonly #directories = new Map<string, string>();
  #nextDirectory = 0;
  #isRestoring = false;

  /** Reads the definitions. */
  constructor(options: DefinitionStoreOptions, stores: QueueStores) {
    this.#definitions = new DefinitionStore(options);
    this.#stores = stores;
    this.#report = options.report;
    for (const name of stores.list()) this.#reserve(name);
    for (const definition of this.#definitions.all()) {
      if (definition.kind !== "queue") continue;
      this.#reserve(definition.directory);
      this.#directories.set(keyOf(definition.virtualHost, definition.name), definition.directory);
    }
  }

  addVirtualHost(name: string): void {
    this.#definitions.add({ kind: "virtual host", name });
  }

  /** Rebuilds the virtual hosts that `open` makes, and removes the stores of queues that are not declared. */
  restore(open: (virtualHost: string) => BrokerVirtualHost): void {
    this.#isRestoring = true;
    const hosts = new Map<string, BrokerVirtualHost>();
    const definitions = [...this.#definitions.all()];
    for (const definition of definitions) {
      if (definition.kind === "virtual host") hosts.set(definition.name, open(definition.name));
    }
    for (const definition of restoreDefinitions(hosts, definitions)) {
      this.#report("definition passed over", { definition });
    }
    this.#isRestoring = false;
    this.#removeOrphans();
  }

  /** Throws STORAGE_FAILED when its files cannot be made. */
  openStore(virtualHost: string, queue: string): QueueStore {
    const key = keyOf(virtualHost, queue);
    const directory = this.#directories.get(key) ?? String(this.#nextDirectory++);
    this.#directories.delete(key);
    const store = this.#makeStore(directory);
    this.#open.set(key, { store, directory });
    return store;
  }

  #makeStore(directory: string): QueueStore {
    try {
      return this.#stores.open(directory);
    } catch (error) {
      this.#report("queue store not opened", { store: directory, error: String(error) });
      throw new BrokerError("STORAGE_FAILED", "the queue's files cannot be made", error);
    }
  }

  definitionsOf(virtualHost: string): TopologyDefinitions & QueueDefinitions {
    const add = (definition: Definition) => {
      if (!this.#isRestoring) this.#definitions.add(definition);
    };
    const remove = (definition: Definition) => this.#definitions.remove(definition);
    return {
      exchangeDeclared: (exchange) => add(exchangeDefinition(virtualHost, exchange)),
      exchangeDeleted: (exchange) => remove(exchangeDefinition(virtualHost, exchange)),
      bound: (record) => add(bindingDefinition(virtualHost, record)),
      unbound: (record) => remove(bindingDefinition(virtualHost, record)),
      queueDeclared: (queue) => {
        const { name, autoDelete } = queue;
        const { directory } = this.#opened(virtualHost, name);
        const table = storeTable(queue.arguments);
        add({ kind: "queue", virtualHost, name, autoDelete, arguments: table, directory });
      },
      queueDeleted: ({ name, autoDelete }) => {
        const { directory } = this.#opened(virtualHost, name);
        remove({ kind: "queue", virtualHost, name, autoDelete, arguments: "", directory });
        this.#open.delete(keyOf(virtualHost, name));
      },
    };
  }

  /** What cannot be closed in order is reported and left to the next start's recovery. */
  async close(): Promise<void> {
    const stores = [...this.#open.values()];
    await Promise.all(stores.map(({ store, directory }) => this.#close(directory, () => store.close())));
    await this.#close("shared bodies", () => this.#stores.close());
    await this.#close("definitions", () => this.#definitions.close());
  }

  async #close(store: string, close: () => Promise<void> | void): Promise<void> {
    try {
      await close();
    } catch (error) {
      this.#report("close failed", { store, error: String(error) });
    }
  }

  #opened(virtualHost: string, queue: string): { store: QueueStore; directory: string } {
    const opened = this.#open.get(keyOf(virtualHost, queue));
    invariant(opened !== undefined, "a durable queue has an open store");
    return opened;
  }

  /** Directories are numbered; none is given out twice while anything remembers it. */
  #reserve(directory: string): void {
    const number = Number(directory);
    if (number >= this.#nextDirectory) this.#nextDirectory = number + 1;
  }

  /**
   * A crash between the making of a store and the storing of its definition leaves one, and so does one in a deletion. When
   * definitions are damaged it may be the store of a queue that was declared: its messages are kept.
   */
  #removeOrphans(): void {
    const known = new Set([...this.#open.values()].map(({ directory }) => directory));
    for (const directory of this.#stores.list()) {
      if (!known.has(directory)) this.#removeOrphan(directory);
    }
  }

  #removeOrphan(directory: string): void {
    try {
      const path = this.#stores.discard(directory, this.#definitions.isDamaged);
      if (path === null) this.#report("leftover removed", { store: directory });
      else this.#report("store set aside", { path });
    } catch (error) {
      this.#report("leftover not removed", { store: directory, error: String(error) });
    }
  }
}

function keyOf(virtualHost: string, queue: string): string {
  return JSON.stringify([virtualHost, queue]);
}

function exchangeDefinition(virtualHost: string, exchange: Exchange): ExchangeDefinition {
  const { name, type, autoDelete, internal } = exchange;
  const table = storeTable(exchange.arguments);
  return { kind: "exchange", virtualHost, name, type, autoDelete, internal, arguments: table };
}

function bindingDefinition(virtualHost: string, record: BindingRecord): BindingDefinition {
  const { source, destination, routingKey } = record;
  return {
    kind: "binding",
    ...{ virtualHost, source: source.name, destination: destination.name, routingKey },
    to: destination instanceof Exchange ? "exchange" : "queue",
    arguments: storeTable(record.arguments),
  };
}
