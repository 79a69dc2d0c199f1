/** Methods that clients may call on an open channel. What is not here is refused with 503. */
import type { Channel } from "./channel.ts";
import { basicAck } from "./handlers/basic-ack.ts";
import { basicCancel } from "./handlers/basic-cancel.ts";
import { basicConsume } from "./handlers/basic-consume.ts";
import { basicGet } from "./handlers/basic-get.ts";
import { basicNack } from "./handlers/basic-nack.ts";
import { basicPublish } from "./handlers/basic-publish.ts";
import { basicQos } from "./handlers/basic-qos.ts";
import { basicRecover, basicRecoverAsync } from "./handlers/basic-recover.ts";
import { basicReject } from "./handlers/basic-reject.ts";
import { channelClose } from "./handlers/channel-close.ts";
import { channelFlow } from "./handlers/channel-flow.ts";
import { confirmSelect } from "./handlers/confirm-select.ts";
import { exchangeBind } from "./handlers/exchange-bind.ts";
import { exchangeDeclare } from "./handlers/exchange-declare.ts";
import { exchangeDelete } from "./handlers/exchange-delete.ts";
import { exchangeUnbind } from "./handlers/exchange-unbind.ts";
import { queueBind } from "./handlers/queue-bind.ts";
import { queueDeclare } from "./handlers/queue-declare.ts";
import { queueDelete } from "./handlers/queue-delete.ts";
import { queuePurge } from "./handlers/queue-purge.ts";
import { queueUnbind } from "./handlers/queue-unbind.ts";
import { txCommit } from "./handlers/tx-commit.ts";
import { txRollback } from "./handlers/tx-rollback.ts";
import { txSelect } from "./handlers/tx-select.ts";
import type { MethodFields, MethodName } from "./methods/table.ts";

type Handlers = {
  readonly [Name in MethodName]?: (channel: Channel, fields: MethodFields[Name]) => void | Promise<void>;
};

export const HANDLERS: Handlers = {
  "channel.flow": channelFlow,
  "channel.close": channelClose,
  "exchange.declare": exchangeDeclare,
  "exchange.delete": exchangeDelete,
  "exchange.bind": exchangeBind,
  "exchange.unbind": exchangeUnbind,
  "queue.declare": queueDeclare,
  "queue.bind": queueBind,
  "queue.unbind": queueUnbind,
  "queue.purge": queuePurge,
  "queue.delete": queueDelete,
  "basic.qos": basicQos,
  "basic.consume": basicConsume,
  "basic.cancel": basicCancel,
  "basic.publish": basicPublish,
  "basic.get": basicGet,
  "basic.ack": basicAck,
  "basic.nack": basicNack,
  "basic.reject": basicReject,
  "basic.recover": basicRecover,
  "basic.recover-async": basicRecoverAsync,
  "confirm.select": confirmSelect,
  "tx.select": txSelect,
  "tx.commit": txCommit,
  "tx.rollback": txRollback,
};
