/** GET requests one after another on one connection, which ends with its owner: nothing is left in a pool of the process. */
import { Agent, get } from "node:http";
import type { Endpoint } from "../../load/protocol.ts";

const TIMEOUT_MS = 10_000;

export class HttpGetter implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #endpoint: Endpoint;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** The body of an answer with status 200; null for any other, and where none comes. */
  async text(path: string): Promise<string | null> {
    const { host, port } = this.#endpoint;
    return await new Promise((resolve) => {
      const options = { host, port, path, agent: this.#agent, timeout: TIMEOUT_MS };
      const request = get(options, (answer) => {
        let body = "";
        answer.setEncoding("utf8").on("data", (text: string) => (body += text));
        answer.once("end", () => resolve(answer.statusCode === 200 ? body : null));
      });
      request.once("timeout", () => request.destroy());
      request.once("error", () => resolve(null));
      request.once("close", () => resolve(null));
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
