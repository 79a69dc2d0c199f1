/**
 * `npm run bench connections`: what connections that only exist cost the broker: resident memory each, accept rate, CPU
 * while nothing happens, over both protocols and beside a bare Node server that does nothing with its sockets. Options:
 * --connections N (default 10000), --idle-seconds N (default 10), --quick (2000 for 3 s), --only TEXT, --entry FILE (the
 * broker's main module; default its source), --json FILE.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { parseArgs } from "node:util";
import { method, PROTOCOL_HEADER } from "../test/support/amqp-frames.ts";
import { type BrokerProcess, readProcessCost, startBroker } from "../test/support/broker-process.ts";
import { apiVersionsRequest, frame } from "../test/support/wire-requests.ts";
import { describeMachine } from "./machine.ts";

/** What an idle connection may take at most. */
const LIMIT_BYTES = 12 * 1024;
/** Opened and closed before anything is measured, so that code and buffers which all share are there. */
const WARMUP_CONNECTIONS = 300;
const OPENING_AT_A_TIME = 100;
const SETTLE_MS = 3000;
const HOST = "127.0.0.1";
const OPEN_OK = Buffer.from([0, 10, 0, 41]);
const CONSUME_OK = Buffer.from([0, 60, 0, 21]);

/** Goes on from answer to answer; the last must hold `until`. */
interface Dialogue {
  readonly sends: readonly Buffer[];
  readonly until: Buffer | null;
}

interface Case {
  readonly name: string;
  readonly serve: () => Promise<Server>;
  readonly dialogue: Dialogue;
  /** null: it does more than exist. */
  readonly limitBytes: number | null;
}

interface Server {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

function amqpDialogue(heartbeat: number): Dialogue {
  const startOk = method(0, "connection.start-ok", {
    clientProperties: [["product", { type: "S", value: "brokermark bench" }]],
    mechanism: "PLAIN",
    response: Buffer.from("\0guest\0guest"),
    locale: "en_US",
  });
  const tuneOk = method(0, "connection.tune-ok", { channelMax: 2047, frameMax: 131_072, heartbeat });
  const open = method(0, "connection.open", { virtualHost: "/" });
  return { sends: [PROTOCOL_HEADER, startOk, Buffer.concat([tuneOk, open])], until: OPEN_OK };
}

/** Channel, exclusive queue and consumer. */
function subscriberDialogue(): Dialogue {
  const flags = { passive: false, durable: false, exclusive: true, autoDelete: false, noWait: false };
  const { sends } = amqpDialogue(0);
  return {
    sends: [
      ...sends,
      method(1, "channel.open", {}),
      method(1, "queue.declare", { queue: "", ...flags, arguments: [] }),
      method(1, "basic.consume", {
        ...{ queue: "", consumerTag: "", noLocal: false, noAck: false, exclusive: false, noWait: false },
        arguments: [],
      }),
    ],
    until: CONSUME_OK,
  };
}

const CASES: readonly Case[] = [
  {
    ...{ name: "bare Node sockets", serve: startBareServer, limitBytes: LIMIT_BYTES },
    dialogue: { sends: [], until: null },
  },
  {
    name: "Kafka, after ApiVersions",
    serve: () => startReference((broker) => Promise.resolve(broker.port)),
    dialogue: { sends: [frame(apiVersionsRequest(), 1)], until: Buffer.alloc(0) },
    limitBytes: LIMIT_BYTES,
  },
  ...[0, 60].map((heartbeat) => ({
    ...{ name: `AMQP, open, heartbeat ${heartbeat}`, serve: startAmqp, limitBytes: LIMIT_BYTES },
    dialogue: amqpDialogue(heartbeat),
  })),
  {
    name: "AMQP, with a queue of its own",
    serve: startAmqp,
    dialogue: subscriberDialogue(),
    limitBytes: null,
  },
];

const { values: options } = parseArgs({
  options: {
    connections: { type: "string" },
    "idle-seconds": { type: "string" },
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    entry: { type: "string" },
    json: { type: "string" },
  },
});

const connections = Number(options.connections ?? (options.quick ? 2000 : 10_000));
const idleMs = Number(options["idle-seconds"] ?? (options.quick ? 3 : 10)) * 1000;

async function startReference(portOf: (broker: BrokerProcess) => Promise<number>): Promise<Server> {
  const entry = options.entry === undefined ? {} : { entry: options.entry };
  const broker = await startBroker({ target: "reference", ...entry, args: ["--max-connections", "20000"] });
  return { pid: broker.pid, port: await portOf(broker), stop: () => broker.discard() };
}

function startAmqp(): Promise<Server> {
  return startReference((broker) => broker.amqp.then(({ port }) => port));
}

async function startBareServer(): Promise<Server> {
  const program =
    "const s = require('node:net').createServer((c) => c.on('error', () => {}));" +
    "s.listen(0, '127.0.0.1', 1024, () => console.log(s.address().port));";
  const child = spawn(process.execPath, ["--single-threaded-gc", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const stop = async () => {
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await gone;
  };
  return { pid: child.pid!, port: Number(line.toString("utf8")), stop };
}

async function openOne(port: number, { sends, until }: Dialogue): Promise<Socket> {
  const socket = connect({ host: HOST, port, noDelay: true });
  await once(socket, "connect");
  let answer: Buffer = Buffer.alloc(0);
  for (const bytes of sends) {
    socket.write(bytes);
    [answer] = (await Promise.race([
      once(socket, "data"),
      once(socket, "close").then(() => Promise.reject(new Error("the broker closed the connection"))),
    ])) as [Buffer];
  }
  if (until !== null && !answer.includes(until)) throw new Error(`answered with ${answer.toString("hex")}`);
  socket.on("error", () => {});
  return socket;
}

async function openAll(port: number, dialogue: Dialogue, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  let begun = 0;
  const openNext = async () => {
    while (begun++ < count) sockets.push(await openOne(port, dialogue));
  };
  await Promise.all(Array.from({ length: OPENING_AT_A_TIME }, openNext));
  return sockets;
}

interface Held {
  readonly name: string;
  readonly connections: number;
  readonly acceptsPerSecond: number;
  /** Of the server's growth over all connections. */
  readonly rssBytesEach: number;
  /** Parts of a core. */
  readonly idleCpu: number;
  readonly limitBytes: number | null;
}

async function measureHeld({ name, serve, dialogue, limitBytes }: Case, count: number): Promise<Held> {
  const server = await serve();
  try {
    const warmup = await openAll(server.port, dialogue, WARMUP_CONNECTIONS);
    for (const socket of warmup) socket.destroy();
    await pause(SETTLE_MS);
    const before = costOf(server.pid);
    const startedMs = performance.now();
    const sockets = await openAll(server.port, dialogue, count);
    const openedMs = performance.now() - startedMs;
    await pause(SETTLE_MS);
    const idleFrom = costOf(server.pid);
    await pause(idleMs);
    const idleTo = costOf(server.pid);
    const lost = sockets.filter((socket) => socket.destroyed || socket.readableEnded).length;
    for (const socket of sockets) socket.destroy();
    if (lost > 0) throw new Error(`${lost} of ${count} connections were closed`);
    return {
      ...{ name, limitBytes, connections: count, acceptsPerSecond: (count / openedMs) * 1000 },
      rssBytesEach: (idleTo.rssBytes - before.rssBytes) / count,
      idleCpu: (idleTo.cpuMs - idleFrom.cpuMs) / idleMs,
    };
  } finally {
    await server.stop();
  }
}

function costOf(pid: number) {
  const cost = readProcessCost(pid);
  if (cost === null) throw new Error("resident memory is read from /proc, which is not here");
  return cost;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function format({ name, rssBytesEach, acceptsPerSecond, idleCpu, limitBytes }: Held): string {
  const isAbove = limitBytes !== null && rssBytesEach > limitBytes;
  const verdict = isAbove ? `  above ${LIMIT_BYTES / 1024} KiB` : "";
  const memory = `${(rssBytesEach / 1024).toFixed(1)} KiB each`;
  const accepts = `${acceptsPerSecond.toFixed(0).padStart(10)} opened a second`;
  const idle = `${(idleCpu * 100).toFixed(2).padStart(9)} % CPU idle`;
  return `${name.padEnd(32)}${memory.padStart(16)}${accepts}${idle}${verdict}`;
}

const results: Held[] = [];
for (const one of CASES.filter(({ name }) => name.includes(options.only))) {
  process.stderr.write(`${one.name}: ${connections} connections\n`);
  results.push(await measureHeld(one, connections));
  process.stdout.write(`${format(results.at(-1)!)}\n`);
}
if (options.json !== undefined) {
  const document = { schemaVersion: 1, machine: describeMachine(), results };
  writeFileSync(options.json, `${JSON.stringify(document, null, 2)}\n`);
}
