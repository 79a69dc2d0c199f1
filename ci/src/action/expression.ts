/**
 * GitHub's expressions as far as the action uses them: `inputs.name`, `steps.id.outputs.name`, `github.x`, `runner.x`, comparison with
 * a literal, `&&`, `always()`. Anything else is an error, not an empty text as GitHub has it.
 */

/** `inputs`, `steps.gate.outputs`, `github`, `runner`, each with its values. */
export type Contexts = Readonly<Record<string, Readonly<Record<string, string>>>>;

const EXPRESSION = /\$\{\{\s*(.*?)\s*\}\}/g;

/** Names in a text's expressions, e.g. `inputs.max-time`. */
export function referencesIn(text: string): string[] {
  return [...text.matchAll(EXPRESSION)].flatMap(([, inside]) => namesIn(inside!));
}

/** Names in an `if`, which needs no `${{ }}`. */
export function namesIn(expression: string): string[] {
  const names = expression.replaceAll(/'[^']*'/g, "").match(/\b(?:inputs|steps|github|runner|env)\.[\w.-]+/g);
  return names ?? [];
}

export function substitute(text: string, contexts: Contexts): string {
  return text.replaceAll(EXPRESSION, (_, inside: string) => lookUp(inside, contexts));
}

/** Of an `if`; what has failed before is none of its business, so `always()` adds nothing. */
export function isTrue(condition: string, contexts: Contexts): boolean {
  return condition.split("&&").every((part) => {
    const term = part.trim();
    if (term === "always()") return true;
    const [, left, operator, literal] = /^(\S+) (==|!=) '([^']*)'$/.exec(term) ?? [];
    if (left === undefined) throw new Error(`no condition that is known here: ${term}`);
    return (lookUp(left, contexts) === literal) === (operator === "==");
  });
}

function lookUp(name: string, contexts: Contexts): string {
  const dot = name.lastIndexOf(".");
  const context = contexts[name.slice(0, dot)];
  // Outputs that a step did not write are empty; contexts and inputs that do not exist are mistakes.
  const isOutput = name.startsWith("steps.");
  const value = context?.[name.slice(dot + 1)] ?? (isOutput ? "" : undefined);
  if (value === undefined) throw new Error(`nothing is called ${name}`);
  return value;
}
