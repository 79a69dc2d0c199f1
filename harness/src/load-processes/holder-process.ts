/** A load process that holds connections open: started by the orchestrator, spoken to as load/hold.ts says. */
import { handshakeOf } from "../drivers/handshake.ts";
import { invariant } from "../errors.ts";
import { EvidenceRecorder } from "../load/evidence.ts";
import type { HoldConnections } from "../load/hold.ts";
import { nowUs } from "../measure/clock.ts";
import { send, serveOrchestrator } from "./channel.ts";
import { ConnectionHolder } from "./connection-holder.ts";

let holder: ConnectionHolder | null = null;

serveOrchestrator(async (message) => {
  switch (message.type) {
    case "hold":
      return await hold(message);
    case "release":
      return await release();
    default:
      invariant(false, `${message.type} is nothing to a holder of connections`);
  }
});

async function hold(message: HoldConnections): Promise<void> {
  invariant(holder === null, "what is held has not been released");
  const handshake = () => handshakeOf(message.protocol, message.endpoint);
  holder = new ConnectionHolder(message, { nowUs, handshake });
  const evidence = new EvidenceRecorder();
  try {
    send({ type: "held", ...(await holder.open()), process: evidence.finish() });
  } catch (error) {
    holder.drop();
    throw error;
  }
}

async function release(): Promise<void> {
  invariant(holder !== null, "release before hold");
  const released = await holder.release();
  holder = null;
  send({ type: "released", ...released });
}
