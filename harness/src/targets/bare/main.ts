/** Entry of the bare listener's process: it accepts connections, says nothing and keeps nothing of its own for them. */
import { createServer } from "node:net";
import { announceAndServe } from "../listening.ts";

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => socket.destroy());
  socket.resume();
});

announceAndServe(server, "bare", () => undefined);
