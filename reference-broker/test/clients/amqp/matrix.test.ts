/**
 * Clients that people use, each with a program in its own language, against the target that BROKERMARK_TEST_TARGET
 * names: reference (default) or rabbitmq, the control. The programs report what they saw; it is judged here.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { CASES } from "./cases.ts";
import { opensslUnavailable } from "./certificates.ts";
import { CLIENTS, NotRun, type Program } from "./clients.ts";
import { type AmqpTarget, amqpTargetFromEnvironment, startAmqpTarget } from "./target.ts";

const RUN_LIMIT_MS = 120_000;

const targetName = amqpTargetFromEnvironment();
const reason = targetName === null ? "Apache Kafka has no AMQP" : opensslUnavailable();
let target: AmqpTarget;

describe(`AMQP clients on ${targetName}`, { skip: reason === null ? false : `not run: ${reason}` }, () => {
  before(async () => {
    target = await startAmqpTarget(targetName!);
  });
  after(async () => {
    await target?.discard();
  });

  for (const [at, client] of CLIENTS.entries()) {
    describe(client.name, () => {
      let outcome: Verdicts | NotRun;
      const prefix = `client-${at}`;

      before(async () => {
        try {
          outcome = await runProgram(await client.prepare(), prefix);
        } catch (error) {
          if (!(error instanceof NotRun)) throw error;
          outcome = error;
        }
      });

      for (const { name, expected } of CASES) {
        it(name, (context) => {
          // A machine need not have every runtime: what is missing is named, and is no failure of the broker.
          if (outcome instanceof NotRun) return context.skip(`not run: ${outcome.message}`);
          const verdict = outcome.get(name);
          assert.ok(
            verdict !== undefined,
            `the program said nothing about ${name}\n${outcome.get("stderr")?.error ?? ""}`,
          );
          assert.equal(verdict.error, undefined);
          assert.deepEqual(verdict.facts, expected(`${prefix}.${name}`, client.lackingHeaders ?? []));
        });
      }
    });
  }
});

interface Verdict {
  readonly facts?: unknown;
  readonly error?: string;
}

type Verdicts = ReadonlyMap<string, Verdict>;

/** What it said of each case, and its log as `stderr`. */
async function runProgram({ file, args }: Program, prefix: string): Promise<Verdicts> {
  const { host, port, tlsPort, certificates } = target;
  const given = [host, String(port), String(tlsPort), certificates.authority, prefix];
  const options = { timeout: RUN_LIMIT_MS, killSignal: "SIGKILL", maxBuffer: 2 ** 24 } as const;
  const { stdout, stderr } = await promisify(execFile)(file, [...args, ...given], options).catch(
    (error: { stdout: string; stderr: string; message: string }) => {
      // What it said before it failed is judged; what it did not say any more is missing.
      return { stdout: error.stdout, stderr: `${error.message}\n${error.stderr}` };
    },
  );
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  const said = lines.map((line) => JSON.parse(line) as Verdict & { readonly case?: string });
  return new Map([
    ...said.map((line) => [line.case ?? "client", line] as const),
    ["stderr", { error: stderr }],
  ]);
}
