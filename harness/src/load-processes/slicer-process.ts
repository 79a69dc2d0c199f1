/** A load process with producers at several brokers: started by the orchestrator, spoken to as load/slices.ts says. */
import { invariant } from "../errors.ts";
import { nowUs } from "../measure/clock.ts";
import { send, serveOrchestrator } from "./channel.ts";
import { Slicer } from "./slicer.ts";

const slicer = new Slicer({ nowUs, collect });

serveOrchestrator(async (message) => {
  switch (message.type) {
    case "prepareSides":
      return send(await slicer.prepare(message));
    case "playSlices":
      return send(await slicer.play(message));
    default:
      invariant(false, `${message.type} is nothing to a slicer`);
  }
});

function collect(which: "new" | "all"): void {
  invariant(globalThis.gc !== undefined, "a slicer is started with --expose-gc");
  globalThis.gc({ type: which === "new" ? "minor" : "major", execution: "sync" });
}
