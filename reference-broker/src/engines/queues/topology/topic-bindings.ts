import type { Message } from "../../../mechanisms/message.ts";
import type { BindingRecord, Destination } from "./exchange.ts";
import type { ExchangeBindings } from "./exchange-types.ts";

class TrieNode {
  readonly words = new Map<string, TrieNode>();
  /** Under `*`: exactly one word. */
  star: TrieNode | null = null;
  /** Under `#`: any number of words, none included. */
  hash: TrieNode | null = null;
  records: Set<BindingRecord> | null = null;

  get isEmpty(): boolean {
    return this.words.size === 0 && this.star === null && this.hash === null && this.records === null;
  }
}

/** Words are what stands between dots; they may be empty, and the empty key has none. */
export function splitTopicKey(key: string): string[] {
  return key === "" ? [] : key.split(".");
}

/** Bindings match by pattern (AMQP 3.1.3.3; `#` matches zero words too). A trie of the patterns' words. */
export class TopicBindings implements ExchangeBindings {
  readonly routedBy = "key";
  readonly #root = new TrieNode();

  add(record: BindingRecord): void {
    let node = this.#root;
    for (const word of splitTopicKey(record.routingKey)) node = childFor(node, word);
    (node.records ??= new Set()).add(record);
  }

  remove(record: BindingRecord): void {
    removeAt(this.#root, splitTopicKey(record.routingKey), 0, record);
  }

  collect(keys: readonly string[], _message: Message, found: Destination[]): void {
    for (const key of keys) new TopicSearch(splitTopicKey(key), found).visit(this.#root, 0);
  }
}

/** Patterns with several `#` reach a node by many ways: each node and place in the key is visited once. */
class TopicSearch {
  readonly #words: readonly string[];
  readonly #found: Destination[];
  readonly #visited = new Map<TrieNode, Set<number>>();

  constructor(words: readonly string[], found: Destination[]) {
    this.#words = words;
    this.#found = found;
  }

  visit(node: TrieNode, at: number): void {
    if (at === this.#words.length) this.#take(node);
    else {
      const next = node.words.get(this.#words[at]!);
      if (next !== undefined) this.visit(next, at + 1);
      if (node.star !== null) this.visit(node.star, at + 1);
    }
    if (node.hash !== null) this.#visitHash(node.hash, at);
  }

  #visitHash(hash: TrieNode, from: number): void {
    let visited = this.#visited.get(hash);
    if (visited === undefined) this.#visited.set(hash, (visited = new Set()));
    for (let at = from; at <= this.#words.length && !visited.has(at); at++) {
      visited.add(at);
      this.visit(hash, at);
    }
  }

  #take({ records }: TrieNode): void {
    if (records === null) return;
    for (const record of records) this.#found.push(record.destination);
  }
}

function childFor(node: TrieNode, word: string): TrieNode {
  if (word === "*") return (node.star ??= new TrieNode());
  if (word === "#") return (node.hash ??= new TrieNode());
  let child = node.words.get(word);
  if (child === undefined) node.words.set(word, (child = new TrieNode()));
  return child;
}

/** Branches that lead nowhere any more go too. */
function removeAt(node: TrieNode, words: readonly string[], at: number, record: BindingRecord): void {
  if (at === words.length) {
    node.records!.delete(record);
    if (node.records!.size === 0) node.records = null;
    return;
  }
  const word = words[at]!;
  const child = childFor(node, word);
  removeAt(child, words, at + 1, record);
  if (!child.isEmpty) return;
  if (word === "*") node.star = null;
  else if (word === "#") node.hash = null;
  else node.words.delete(word);
}
