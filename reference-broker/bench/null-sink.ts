/**
 * Answers every produce request at once and keeps nothing: what the generator reaches against it is the generator's
 * own limit. A process of its own; prints its port.
 */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { ByteWriter } from "../test/support/wire-bytes.ts";

const CORRELATION_ID_AT = 4;

/** A produce v7 response without error; the topic's name must be as long as the bench's. */
function answerFor(topic: string): Buffer {
  const body = new ByteWriter().int32(0).int32(1).string(topic).int32(1);
  body.int32(0).int16(0).int64(0).int64(-1).int64(0).int32(0);
  const bytes = body.build();
  return new ByteWriter().int32(bytes.length).raw(bytes).build();
}

const answer = answerFor(process.argv[2] ?? "");

function serve(socket: Socket): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    let bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const answers: Buffer[] = [];
    while (bytes.length >= 12 && bytes.length >= 4 + bytes.readInt32BE(0)) {
      const one = Buffer.from(answer);
      one.writeInt32BE(bytes.readInt32BE(8), CORRELATION_ID_AT);
      answers.push(one);
      bytes = bytes.subarray(4 + bytes.readInt32BE(0));
    }
    pending = bytes;
    if (answers.length > 0) socket.write(Buffer.concat(answers));
  });
}

const server = createServer(serve);
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.once("SIGTERM", () => process.exit(0));
// The bench is gone: so are we.
process.stdin.resume().once("end", () => process.exit(0));
