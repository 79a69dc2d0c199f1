/** A broker process with an HTTP port, and requests to it. */
import { type BrokerOptions, type BrokerProcess, startBroker } from "../../support/broker-process.ts";

export const JSON_RECORDS = "application/vnd.kafka.json.v2+json";
export const BINARY_RECORDS = "application/vnd.kafka.binary.v2+json";
export const GUEST = basic("guest", "guest");

export function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the endpoint answers
  readonly json: any;
}

export class HttpBroker {
  readonly process: BrokerProcess;
  readonly port: number;

  private constructor(process: BrokerProcess, port: number) {
    this.process = process;
    this.port = port;
  }

  static async start(
    args: readonly string[] = [],
    options: Partial<BrokerOptions> = {},
  ): Promise<HttpBroker> {
    const all = ["--http-port", "0", ...args];
    const process = await startBroker({ target: "reference", ...options, args: all });
    return new HttpBroker(process, await process.http);
  }

  async request(method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer) {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      ...{ method, headers },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    const answer: Answer = {
      ...{ status: response.status, headers: response.headers, text },
      json: isJson && text !== "" ? JSON.parse(text) : undefined,
    };
    return answer;
  }

  get(path: string, authorization?: string): Promise<Answer> {
    return this.request("GET", path, authorization === undefined ? {} : { authorization });
  }

  /** Records of the JSON format. */
  produce(topic: string, records: readonly unknown[], contentType = JSON_RECORDS): Promise<Answer> {
    const body = JSON.stringify({ records });
    return this.request("POST", `/topics/${topic}`, { "content-type": contentType }, body);
  }

  /** A message to an exchange of the default virtual host. */
  publish(
    exchange: string,
    message: Readonly<Record<string, unknown>>,
    authorization = GUEST,
    virtualHost = "/",
  ): Promise<Answer> {
    const defaults = { properties: {}, routing_key: "", payload: "", payload_encoding: "string" };
    return this.request(
      "POST",
      `/api/exchanges/${encodeURIComponent(virtualHost)}/${encodeURIComponent(exchange)}/publish`,
      { authorization, "content-type": "application/json" },
      JSON.stringify({ ...defaults, ...message }),
    );
  }
}
