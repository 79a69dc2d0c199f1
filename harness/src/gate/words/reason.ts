/** Reasons for an inconclusive verdict, as clauses of a sentence. */
import type { InconclusiveReason } from "../judgement.ts";
import { INCONCLUSIVE_REASONS, type ReasonInWords } from "../judge/reasons.ts";

const UNNAMED: ReasonInWords = { meaning: "No reason was named.", help: "Run again." };

/** In whole sentences. */
export function reasonInWords(reason: InconclusiveReason | null): ReasonInWords {
  return reason === null ? UNNAMED : INCONCLUSIVE_REASONS[reason];
}

/** Why, in a clause. */
export function reasonMeaning(reason: InconclusiveReason | null): string {
  return clause(reasonInWords(reason).meaning);
}

/** What would help, in a clause: the first of its sentences. */
export function reasonHelp(reason: InconclusiveReason | null): string {
  return clause(reasonInWords(reason).help);
}

/** First sentence without its capital letter and full stop. */
function clause(sentences: string): string {
  const [first] = sentences.split(/\.(?: |$)/, 1);
  return `${first!.slice(0, 1).toLowerCase()}${first!.slice(1)}`;
}
