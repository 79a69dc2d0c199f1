import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readConfigText } from "../../src/config/config-file.ts";
import { BrokerError } from "../../src/errors.ts";

const NAME = "broker.toml";

/** One value, written in each way that TOML has, some over several lines. */
const value = fc.constantFrom(
  ...["1", "1_000", "0x1f", "0.5", "true", '"text # no comment"', "'[no.section]'", "1 # comment", "[1, 2]"],
  ...['[\n  1, # one\n  "]",\n]', '"""\nkey = 1\n[section]\n"""', "'''\na = 1'''", "1979-05-27T07:32:00Z"],
);

/** What stands between keys. */
const filler = fc.constantFrom("", "", "\n", "# a comment\n", "  \t\n# [comment]\n\n");

const statement = fc.record({ before: filler, value, isQuoted: fc.boolean() });
const section = fc.record({ before: filler, statements: fc.array(statement, { maxLength: 5 }) });

test("every key is told with the line it stands in, whatever stands around it", () => {
  fc.assert(
    fc.property(fc.array(section, { maxLength: 5 }), fc.boolean(), (sections, hasWindowsLines) => {
      let text = "";
      const expected: string[] = [];
      const empty: string[] = [];
      const line = () => text.split("\n").length;
      for (const [i, { before, statements }] of sections.entries()) {
        text += before;
        if (statements.length === 0) empty.push(`${NAME}:${line()}: section${i}`);
        text += `[section${i}]\n`;
        for (const [j, written] of statements.entries()) {
          text += written.before;
          expected.push(`${NAME}:${line()}: section${i}.key${j}`);
          text += `${written.isQuoted ? `"key${j}"` : `key${j}`} = ${written.value}\n`;
        }
      }
      const { assignments, problems } = readConfigText(
        hasWindowsLines ? text.replaceAll("\n", "\r\n") : text,
        NAME,
      );
      assert.deepEqual(assignments, []);
      const places = problems.map((problem) => /^[^:]*:\d+: [\w.]+/.exec(problem.text)?.[0]);
      assert.deepEqual(places, [...expected, ...empty]);
    }),
    { verbose: true },
  );
});

const FRAGMENTS = [
  ..."\n=[]{}.,#'\" \t\r0a",
  ...[
    '"""',
    "'''",
    "[server]",
    "port",
    "= 1",
    "[[",
    "]]",
    "\\",
    "\ufeff",
    "é",
    "__proto__",
    "topics.",
    "users.",
  ],
];

test("any text is read or refused with BAD_OPTION", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 40 }), (fragments) => {
      try {
        readConfigText(fragments.join(""), NAME);
      } catch (error) {
        assert.ok(error instanceof BrokerError, String(error));
        assert.equal(error.code, "BAD_OPTION");
      }
    }),
    { numRuns: 2000, verbose: true },
  );
});
