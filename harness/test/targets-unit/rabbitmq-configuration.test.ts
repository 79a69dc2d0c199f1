import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { bootErrors } from "../../src/targets/rabbitmq/boot-failure.ts";
import {
  enabledPlugins,
  nodeEnvironment,
  rabbitmqConf,
  withoutRabbitmq,
} from "../../src/targets/rabbitmq/configuration.ts";
import { explainBootstrapFailure, progressOf } from "../../src/targets/rabbitmq/install.ts";
import { cachedRootDirectory, findRabbitmq } from "../../src/targets/rabbitmq/installation.ts";
import { launchCommand } from "../../src/targets/rabbitmq/launch.ts";

const ports = { amqp: 5001, distribution: 5002, epmd: 5003, http: null };

let directory = "";
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "brokermark-test-"));
});
after(async () => {
  await rm(directory, { recursive: true, force: true });
});

test("options join what the target needs, and cannot take it away", () => {
  assert.match(
    rabbitmqConf(ports, { channel_max: "9" }),
    /^listeners\.tcp\.1 = 127\.0\.0\.1:5001$[\s\S]*^channel_max = 9$/m,
  );
  for (const key of ["listeners.tcp.1", "listeners.tcp.default", "log.console"]) {
    assert.throws(() => rabbitmqConf(ports, { [key]: "1" }), {
      code: "USAGE",
      message: /set by the target itself/,
    });
  }
  assert.throws(() => rabbitmqConf(ports, { "a b": "1" }), { code: "USAGE", message: /no setting/ });
  assert.throws(() => rabbitmqConf(ports, { channel_max: "1\nx = 2" }), { code: "USAGE" });
});

test("plugins that speak HTTP are off unless asked for, and then have ports of their own", () => {
  assert.equal(enabledPlugins(ports), "[].\n");
  assert.doesNotMatch(rabbitmqConf(ports, {}), /management|prometheus/);
  const http = { management: 5004, prometheus: 5005 };
  assert.equal(enabledPlugins({ http }), "[rabbitmq_management,rabbitmq_prometheus].\n");
  const conf = rabbitmqConf({ ...ports, http }, {});
  assert.match(conf, /^management\.tcp\.port = 5004$/m);
  assert.match(conf, /^prometheus\.tcp\.port = 5005$/m);
});

test("a node's files are all in its directory, and the system's RabbitMQ steers nothing", () => {
  const environment = nodeEnvironment("/d", ports);
  const files = Object.entries(environment).filter(([name]) => /_(FILE|BASE|DIR)$/.test(name));
  assert.ok(files.length >= 8);
  for (const [name, value] of files) assert.match(value, /^\/d\//, name);
  assert.deepEqual(withoutRabbitmq({ PATH: "/bin", RABBITMQ_NODENAME: "x", ERL_FLAGS: "y" }), {
    PATH: "/bin",
  });
});

test("RabbitMQ is found in RABBITMQ_HOME, on the path and in the cache, from version 4 on", async () => {
  const env = (name: string, more: NodeJS.ProcessEnv = {}) => ({
    XDG_CACHE_HOME: join(directory, name),
    ...more,
  });
  await assert.rejects(findRabbitmq(env("none")), {
    code: "TARGET_NOT_INSTALLED",
    message: "RabbitMQ is not installed",
  });

  const home = await distribution(join(directory, "home"), "4.1.2");
  assert.deepEqual(await findRabbitmq(env("none", { RABBITMQ_HOME: home })), {
    server: join(home, "sbin/rabbitmq-server"),
    root: null,
    version: "4.1.2",
  });
  const onPath = await findRabbitmq(env("none", { PATH: `/none:${join(home, "sbin")}` }));
  assert.equal(onPath.version, "4.1.2");

  const old = await distribution(join(directory, "old"), "3.10.8");
  const oldPath = { PATH: join(old, "sbin") };
  await assert.rejects(findRabbitmq(env("none", oldPath)), {
    message: /RabbitMQ 4 is needed, .* is 3\.10\.8/,
  });

  const root = cachedRootDirectory(env("cache"));
  await distribution(join(root, "usr/lib/rabbitmq/lib/rabbitmq_server-4.0.5"), "4.0.5");
  assert.deepEqual(await findRabbitmq(env("cache", oldPath)), {
    server: "/usr/lib/rabbitmq/lib/rabbitmq_server-4.0.5/sbin/rabbitmq-server",
    root,
    version: "4.0.5",
  });
  await assert.rejects(findRabbitmq(env("cache", { RABBITMQ_HOME: "/none" })), {
    message: /RABBITMQ_HOME is \/none/,
  });
});

async function distribution(home: string, version: string): Promise<string> {
  await mkdir(join(home, "sbin"), { recursive: true });
  await mkdir(join(home, "plugins", `rabbit-${version}`), { recursive: true });
  for (const script of ["rabbitmq-server", "rabbitmq-env"]) await writeFile(join(home, "sbin", script), "");
  return home;
}

test("only a root directory needs namespaces", () => {
  const server = "/s/rabbitmq-server";
  assert.equal(launchCommand({ server, root: null, version: "4.1.2" }, "/d").command, "/bin/sh");
  const { command, args } = launchCommand({ server, root: "/r", version: "4.1.2" }, "/d");
  assert.equal(command, "unshare");
  assert.deepEqual(args.slice(-5), ["rabbitmq", "/d", server, "/r", "/d/root"]);
});

test("debootstrap's words become progress and advice", () => {
  assert.equal(progressOf("I: Retrieving erlang-base 1:27.3.4"), "Retrieving erlang-base 1:27.3.4");
  assert.equal(progressOf("I: Configuring rabbitmq-server..."), "Configuring rabbitmq-server");
  assert.equal(progressOf("tar: noise"), null);
  assert.match(
    explainBootstrapFailure("E: Failed getting release file http://x"),
    /mirror cannot be reached/,
  );
  assert.match(explainBootstrapFailure("unshare: unshare failed: Operation not permitted"), /privileged/);
  assert.match(explainBootstrapFailure("cp: No space left on device"), /free about/);
});

test("the cause of a failed boot is what the log says before it", () => {
  const at = "2026-11-21 05:25:51.697922+00:00";
  const log = `${at} [info] <0.1.0> fine
${at} [error] <0.153.0> Error preparing configuration in phase transform_datatypes:
${at} [error] <0.153.0>   - Error transforming datatype for: x

BOOT FAILED
${at} [error] <0.153.0> supervisors speak
`;
  assert.deepEqual(bootErrors(log), [
    "Error preparing configuration in phase transform_datatypes:",
    "- Error transforming datatype for: x",
  ]);
  assert.deepEqual(bootErrors(`${at} [error] <0.1.0> not fatal\n`), []);
});
