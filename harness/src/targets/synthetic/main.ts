/** Entry of the synthetic broker's process: `main.ts key=value …`. */
import { createServer } from "node:net";
import type { Endpoint } from "../../load/protocol.ts";
import { announceAndServe, refuse } from "../listening.ts";
import { SyntheticBroker } from "./broker.ts";
import { SyntheticConnection } from "./connection.ts";
import { nodeClock } from "./release-queue.ts";
import { readSettings } from "./settings.ts";

const settings = readSettings(Object.fromEntries(process.argv.slice(2).map((pair) => pair.split("=", 2))));
let endpoint: Endpoint = { host: "127.0.0.1", port: 0 };
const broker = new SyntheticBroker(settings, nodeClock, () => endpoint);

const server = createServer({ noDelay: true }, (socket) => {
  const connection = new SyntheticConnection(
    (frame, respond) => broker.handle(frame, respond),
    (bytes) => socket.write(bytes),
  );
  socket.on("data", (chunk: Buffer) => {
    try {
      connection.push(chunk);
    } catch (error) {
      refuse(socket, error);
    }
  });
  socket.on("error", () => socket.destroy());
});

announceAndServe(server, "kafka", ({ address, port }) => {
  endpoint = { host: address, port };
});
