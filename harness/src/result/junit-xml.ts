/** JUnit XML as CI servers read it: one test suite. */

export interface JunitCase {
  readonly className: string;
  readonly name: string;
  readonly seconds: number;
  /** null: passed. */
  readonly outcome: JunitOutcome | null;
  readonly systemOut?: string;
}

export interface JunitOutcome {
  readonly kind: "failure" | "error" | "skipped";
  readonly type?: string;
  readonly message: string;
  /** GitLab shows this text where there is one, and the message nowhere. */
  readonly text?: string;
}

export function renderJunitSuite(name: string, seconds: number, cases: readonly JunitCase[]): string {
  const count = (kind: JunitOutcome["kind"]) => cases.filter(({ outcome }) => outcome?.kind === kind).length;
  const head =
    `<testsuite name="${escapeXml(name)}" tests="${cases.length}" failures="${count("failure")}" ` +
    `errors="${count("error")}" skipped="${count("skipped")}" time="${seconds.toFixed(3)}">`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', head, ...cases.map(renderCase), "</testsuite>", ""].join(
    "\n",
  );
}

/** Jenkins' schema knows no properties of a test case: what belongs to one stands in its output. */
function renderCase({ className, name, seconds, outcome, systemOut }: JunitCase): string {
  const open = `  <testcase classname="${escapeXml(className)}" name="${escapeXml(name)}" time="${seconds.toFixed(3)}"`;
  const inner = [
    outcome === null ? "" : renderOutcome(outcome),
    systemOut === undefined ? "" : `<system-out>${escapeXml(systemOut)}</system-out>`,
  ].join("");
  return inner === "" ? `${open}/>` : `${open}>${inner}</testcase>`;
}

function renderOutcome({ kind, type, message, text }: JunitOutcome): string {
  const attributes = `${type === undefined ? "" : ` type="${escapeXml(type)}"`} message="${escapeXml(message)}"`;
  return text === undefined
    ? `<${kind}${attributes}/>`
    : `<${kind}${attributes}>${escapeXml(text)}</${kind}>`;
}

/** What XML 1.0 cannot carry becomes a question mark. */
function escapeXml(text: string): string {
  const printable = text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, "?");
  return printable
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
