/** What a start has to find again: virtual hosts, durable exchanges, queues and bindings. Kept in a journal. */
import type { CommitGroup } from "../../../mechanisms/commit-group.ts";
import type { FileSystem } from "../../../mechanisms/file-system.ts";
import { Journal } from "../../../mechanisms/journal.ts";
import type { StoredTable } from "./definition-table.ts";
import type { ResourceKind } from "./resource-errors.ts";

export interface ExchangeDefinition {
  readonly kind: "exchange";
  readonly virtualHost: string;
  readonly name: string;
  readonly type: string;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly arguments: StoredTable;
}

export interface QueueDefinition {
  readonly kind: "queue";
  readonly virtualHost: string;
  readonly name: string;
  readonly autoDelete: boolean;
  readonly arguments: StoredTable;
  /** Of its store. */
  readonly directory: string;
}

export interface BindingDefinition {
  readonly kind: "binding";
  readonly virtualHost: string;
  readonly source: string;
  readonly destination: string;
  readonly to: ResourceKind;
  readonly routingKey: string;
  readonly arguments: StoredTable;
}

export interface VirtualHostDefinition {
  readonly kind: "virtual host";
  readonly name: string;
}

export type Definition = VirtualHostDefinition | ExchangeDefinition | QueueDefinition | BindingDefinition;

/** One entry of the journal. */
interface DefinitionChange {
  readonly removed: boolean;
  readonly definition: Definition;
}

export interface DefinitionStoreOptions {
  readonly fileSystem: FileSystem;
  readonly path: string;
  readonly commitGroup: CommitGroup;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
}

export class DefinitionStore {
  readonly #definitions = new Map<string, Definition>();
  readonly #journal: Journal<DefinitionChange>;

  /** Reads what is there. */
  constructor(options: DefinitionStoreOptions) {
    this.#journal = Journal.open<DefinitionChange>(
      { ...options, liveRecords: () => this.#liveRecords() },
      (change) => this.#apply(change),
    );
  }

  /** Some changes could not be read back. */
  get isDamaged(): boolean {
    return this.#journal.lostBytes > 0;
  }

  all(): Iterable<Definition> {
    return this.#definitions.values();
  }

  /** Both are stored when the commit group's `whenStored` says so. */
  add(definition: Definition): void {
    this.#change({ removed: false, definition });
  }

  remove(definition: Definition): void {
    this.#change({ removed: true, definition });
  }

  close(): void {
    this.#journal.close();
  }

  #change(change: DefinitionChange): void {
    this.#apply(change);
    this.#journal.append(change);
  }

  #apply({ removed, definition }: DefinitionChange): void {
    const key = identityOf(definition);
    if (removed) this.#definitions.delete(key);
    else this.#definitions.set(key, definition);
  }

  #liveRecords(): DefinitionChange[] {
    return [...this.#definitions.values()].map((definition) => ({ removed: false, definition }));
  }
}

function identityOf(definition: Definition): string {
  if (definition.kind === "virtual host") return JSON.stringify([definition.kind, definition.name]);
  const { kind, virtualHost } = definition;
  if (kind !== "binding") return JSON.stringify([kind, virtualHost, definition.name]);
  const { source, to, destination, routingKey, arguments: table } = definition;
  return JSON.stringify([kind, virtualHost, source, to, destination, routingKey, table]);
}
