import { invariant } from "../src/base/invariant.ts";
import { apis } from "../src/protocols/kafka/api-table.ts";
import type { Handler } from "../src/protocols/kafka/request-context.ts";
import type { Message } from "../src/protocols/kafka/schema.ts";
import type { Fields } from "../src/protocols/kafka/types.ts";

/** Puts another handler in the place of an API's. */
export function replaceKafkaHandler<Req extends Fields, Res extends Fields>(
  message: Message<Req, Res>,
  make: (original: Handler<Message<Req, Res>>) => Handler<Message<Req, Res>>,
): void {
  const row = apis.find(({ message: { apiKey } }) => apiKey === message.apiKey);
  invariant(row !== undefined, `there is a handler of ${message.name}`);
  const replaced = make(row.handler as unknown as Handler<Message<Req, Res>>);
  (row as { handler: Handler<Message> }).handler = replaced as unknown as Handler<Message>;
}
