/** Finds the route of a path by its segments; the paths asked for lately are known without looking. */
import { HttpError } from "./http-error.ts";
import type { Route } from "./routes.ts";

export interface Match {
  /** By method. */
  readonly routes: ReadonlyMap<string, Route>;
  readonly parameters: readonly string[];
}

interface Node {
  readonly literals: Map<string, Node>;
  parameter: Node | null;
  readonly routes: Map<string, Route>;
}

const RECENT_PATHS = 1024;
const RECENT_PATH_CHARS = 256;

export class Router {
  readonly #root = newNode();
  readonly #recent = new Map<string, Match>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route);
  }

  /** null: nothing is there. Throws bad_request for a path that cannot be decoded. */
  match(path: string): Match | null {
    const known = this.#recent.get(path);
    if (known !== undefined) return known;
    const match = this.#find(path);
    if (match !== null && path.length <= RECENT_PATH_CHARS) {
      if (this.#recent.size === RECENT_PATHS) this.#recent.clear();
      this.#recent.set(path, match);
    }
    return match;
  }

  #add(route: Route): void {
    let node = this.#root;
    for (const segment of route.path.split("/").slice(1)) {
      if (segment.startsWith(":")) node = node.parameter ??= newNode();
      else {
        const next = node.literals.get(segment) ?? newNode();
        node.literals.set(segment, next);
        node = next;
      }
    }
    node.routes.set(route.method, route);
  }

  #find(path: string): Match | null {
    const parameters: string[] = [];
    let node: Node | null = this.#root;
    for (const segment of path.split("/").slice(1)) {
      const literal: Node | undefined = node.literals.get(segment);
      if (literal === undefined) parameters.push(decode(segment));
      node = literal ?? node.parameter;
      if (node === null) return null;
    }
    return node.routes.size === 0 ? null : { routes: node.routes, parameters };
  }
}

function newNode(): Node {
  return { literals: new Map(), parameter: null, routes: new Map() };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new HttpError("bad_request", `path segment '${segment}' is not percent-encoded UTF-8`);
  }
}
