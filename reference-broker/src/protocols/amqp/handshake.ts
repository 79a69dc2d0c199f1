/**
 * From connection.start to connection.open-ok: who the client is, what was agreed on, and which virtual host it works in.
 * What goes wrong before the client is known ends the connection without a word, as in RabbitMQ (which also waits three
 * seconds before it does; this broker does not).
 */
import type { User } from "../../engines/identity/contract.ts";
import type { VirtualHost } from "../../engines/queues/contract.ts";
import type { FieldTable, FieldValue } from "../../mechanisms/message.ts";
import type { MethodFields } from "./methods/table.ts";
import { AmqpError } from "./reply-codes.ts";
import { type Credentials, type Mechanism, offeredMechanisms, readCredentials } from "./sasl.ts";
import { serverProperties } from "./server-properties.ts";
import type { AmqpEnvironment, ClientCapabilities } from "./session.ts";

export const FRAME_MAX = 131_072;
/** AMQP 4.2.3: every peer takes frames of this size; RabbitMQ reads no larger ones before connection.open. */
export const FRAME_MIN = 4096;
export const CHANNEL_MAX = 2047;
const HEARTBEAT_SECONDS = 60;

export interface Peer {
  readonly isLoopback: boolean;
  /** Common name of the client's verified certificate. */
  readonly certificateName: string | null;
}

export interface Agreed {
  readonly frameMax: number;
  /** Channels at a time. */
  readonly channelMax: number;
  /** 0: none. */
  readonly heartbeatSeconds: number;
}

/** Ends the connection without connection.close. */
export class SilentClose extends Error {
  override readonly name = "SilentClose";
}

/** Of a client that has not said what it can do. */
export const NO_CAPABILITIES: ClientCapabilities = {
  consumerCancelNotify: false,
  connectionBlocked: false,
  authenticationFailureClose: false,
};

export class Handshake {
  readonly #environment: AmqpEnvironment;
  readonly #peer: Peer;
  capabilities: ClientCapabilities = NO_CAPABILITIES;
  user: User | null = null;

  constructor(environment: AmqpEnvironment, peer: Peer) {
    this.#environment = environment;
    this.#peer = peer;
  }

  start(): MethodFields["connection.start"] {
    return {
      versionMajor: 0,
      versionMinor: 9,
      serverProperties: serverProperties(this.#environment.version),
      mechanisms: Buffer.from(offeredMechanisms(this.#peer.certificateName).join(" ")),
      locales: Buffer.from("en_US"),
    };
  }

  /** Resolves with what to propose. Throws SilentClose or ACCESS_REFUSED, whichever the client asked for. */
  async startOk(fields: MethodFields["connection.start-ok"]): Promise<MethodFields["connection.tune"]> {
    this.capabilities = readCapabilities(fields.clientProperties);
    const mechanism = offeredMechanisms(this.#peer.certificateName).find((one) => one === fields.mechanism);
    if (mechanism === undefined) throw new SilentClose(`unknown mechanism ${fields.mechanism}`);
    const credentials = readCredentials(mechanism, fields.response, this.#peer.certificateName);
    if (credentials === null) throw this.#refused(mechanism);
    this.user = await this.#identify(credentials);
    if (this.user === null) throw this.#refused(mechanism);
    return { channelMax: CHANNEL_MAX, frameMax: FRAME_MAX, heartbeat: HEARTBEAT_SECONDS };
  }

  async #identify({ user, password }: Credentials): Promise<User | null> {
    const { identity } = this.#environment;
    if (password === null) return identity.find(user);
    return await identity.authenticate(user, password, this.#peer.isLoopback);
  }

  #refused(mechanism: Mechanism): Error {
    const message = `Login was refused using authentication mechanism ${mechanism}. For details see the broker logfile.`;
    return this.capabilities.authenticationFailureClose
      ? new AmqpError("ACCESS_REFUSED", message)
      : new SilentClose(message);
  }

  /** Zero leaves it to the server. Throws SilentClose for what was not on offer. */
  tuneOk({ channelMax, frameMax, heartbeat }: MethodFields["connection.tune-ok"]): Agreed {
    if (frameMax > FRAME_MAX || (frameMax !== 0 && frameMax < FRAME_MIN)) {
      throw new SilentClose(`frame_max ${frameMax} is not between ${FRAME_MIN} and ${FRAME_MAX}`);
    }
    if (channelMax > CHANNEL_MAX) throw new SilentClose(`channel_max ${channelMax} > ${CHANNEL_MAX}`);
    return {
      frameMax: frameMax || FRAME_MAX,
      channelMax: channelMax || CHANNEL_MAX,
      heartbeatSeconds: heartbeat,
    };
  }

  open({ virtualHost: name }: MethodFields["connection.open"], user: User): VirtualHost {
    const virtualHost = this.#environment.engine.virtualHost(name);
    if (virtualHost === undefined) throw new AmqpError("NOT_ALLOWED", `vhost ${name} not found`);
    if (!this.#environment.identity.mayOpen(user.name, name)) {
      throw new AmqpError("NOT_ALLOWED", `access to vhost '${name}' refused for user '${user.name}'`);
    }
    return virtualHost;
  }
}

function readCapabilities(properties: FieldTable): ClientCapabilities {
  const field = (table: FieldTable, name: string): FieldValue | undefined =>
    table.find(([candidate]) => candidate === name)?.[1];
  const capabilities = field(properties, "capabilities");
  if (capabilities?.type !== "F") return NO_CAPABILITIES;
  const has = (name: string) => field(capabilities.value as FieldTable, name)?.value === true;
  return {
    consumerCancelNotify: has("consumer_cancel_notify"),
    connectionBlocked: has("connection.blocked"),
    authenticationFailureClose: has("authentication_failure_close"),
  };
}
