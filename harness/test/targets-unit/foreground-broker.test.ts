import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../bin/dev.ts", import.meta.url));

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
});
after(async () => {
  await rm(directory, { recursive: true, force: true });
});

function broker(...args: string[]): ChildProcess {
  return spawn(process.execPath, [CLI, "broker", ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, "close");
  return { code, stderr };
}

test("says where it listens and stops in order when asked to", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const child = broker("--json", "--port", "0", "--data-dir", join(directory, signal));
    const ending = ended(child);
    const [line] = await once(child.stdout!, "data");
    const { event, pid, port } = JSON.parse(String(line).split("\n")[0]!);
    assert.equal(event, "listening");
    assert.ok(port > 0);
    child.kill(signal);
    assert.equal((await ending).code, 0);
    assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  }
});

test("a bad option is a usage error, named once", async () => {
  const { code, stderr } = await ended(broker("--prot", "1"));
  assert.equal(code, 2);
  assert.match(stderr, /--prot/);
  assert.equal(stderr.split("--prot").length, 2);
});

test("a taken port is said to be taken", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  try {
    const { code, stderr } = await ended(
      broker("--port", String(port), "--data-dir", join(directory, "taken")),
    );
    assert.equal(code, 5);
    assert.match(stderr, new RegExp(String(port)));
  } finally {
    other.close();
  }
});
