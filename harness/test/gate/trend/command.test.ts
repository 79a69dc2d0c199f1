import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { sparkline } from "../../../src/gate/trend/words.ts";
import { brokermark } from "../../commands/cli.ts";
import { commit, noise, pointsOf } from "./points.ts";

test("a change is told with its commits and what shows it again, in words, JSON, CSV and HTML; exit 0", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "brokermark-trend-"));
  try {
    const file = path.join(directory, "trend.jsonl");
    const values = noise(30, 0.005, "command 2").map((value, index) => value + (index < 18 ? 0 : 0.06));
    await writeFile(
      file,
      pointsOf(values)
        .map((one) => `${JSON.stringify(one)}\n`)
        .join(""),
    );
    const html = path.join(directory, "trend.html");
    const shown = await brokermark("trend", file, "--html", html, "--csv", path.join(directory, "otava"));
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /megabatch +broker CPU per message +30 .*▁.* 1\n/);
    assert.match(shown.stdout, /\+[567]\.\d % after 0000000000, with 0000000000 \(p/);
    assert.ok(
      shown.stdout.includes(
        `--baseline git:${commit(18)} --candidate git:${commit(19)} --scenario megabatch`,
      ),
      shown.stdout,
    );
    assert.match(await readFile(html, "utf8"), /Trend against the anchor/);
    assert.match(await readFile(path.join(directory, "otava", "otava.yaml"), "utf8"), /time_column: time/);
    const json = await brokermark("trend", file, "--json");
    assert.equal(json.code, 0);
    assert.equal(JSON.parse(json.stdout).series[0].changes[0].at, 18);
    const none = await brokermark("trend", path.join(directory, "none.jsonl"));
    assert.equal(none.code, 2);
    assert.match(none.stderr, /none\.jsonl/);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a sparkline spans its values; equal ones are level", () => {
  assert.equal(sparkline([0, 1, 7]), "▁▂█");
  assert.equal(sparkline([3, 3]), "▄▄");
});
