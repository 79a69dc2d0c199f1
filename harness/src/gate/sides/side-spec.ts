/** How a side of a comparison is written on the command line. */
import { HarnessError } from "../../errors.ts";
import { nearest } from "../../scenario/nearest.ts";
import { parseTargetSpec, type TargetSpec } from "../../targets/target-spec.ts";

export type SideSpec =
  /** The reference broker of a commit of the repository that the command is run in. */
  | { readonly kind: "git"; readonly text: string; readonly revision: string }
  /** As `run --target` starts it, optionally of a certain version. */
  | {
      readonly kind: "target";
      readonly text: string;
      readonly target: TargetSpec;
      readonly version: string | null;
    }
  /** A shell command that serves on the port it is told. */
  | { readonly kind: "cmd"; readonly text: string; readonly command: string }
  /** A broker that somebody else runs. */
  | { readonly kind: "url"; readonly text: string; readonly url: string };

/** Every kind, with how it is written; help and errors derive from it. */
export const SIDE_KINDS = {
  git: "git:REV: the reference broker of a commit of this repository; a bare word is one too",
  target: "target:NAME[@VERSION][:key=value,…]: a target, as --target of run starts it",
  cmd: "cmd:'COMMAND': a shell command that serves on {port}, with its data in {directory}",
  url: "url:HOST:PORT, url:kafka://HOST:PORT or url:amqp://USER@HOST:PORT/VHOST: a broker that runs already",
} as const satisfies Record<SideSpec["kind"], string>;

const KINDS = Object.keys(SIDE_KINDS) as SideSpec["kind"][];

/** Throws USAGE. */
export function parseSide(text: string): SideSpec {
  const [, prefix, rest = ""] = /^([A-Za-z]+):(.*)$/s.exec(text) ?? [];
  if (prefix === undefined) return parseOf("git", text, text);
  const kind = KINDS.find((each) => each === prefix);
  if (kind === undefined) throw unknownKind(text, prefix);
  return parseOf(kind, text, rest);
}

function parseOf(kind: SideSpec["kind"], text: string, rest: string): SideSpec {
  if (rest.trim() === "") throw emptySide(kind, text);
  if (kind === "git") return { kind, text: `git:${rest}`, revision: rest };
  if (kind === "cmd") return { kind, text, command: rest };
  if (kind === "url") return { kind, text, url: rest };
  const [, name = rest, version = null, options = ""] = /^([^:@]*)@([^:]*)(:.*)?$/s.exec(rest) ?? [];
  if (version === "") throw emptySide(kind, text);
  const target = parseTargetSpec(version === null ? rest : `${name}${options}`);
  return { kind, text, target, version };
}

function emptySide(kind: SideSpec["kind"], text: string): HarnessError {
  return new HarnessError("USAGE", `"${text}" names nothing`, { hint: SIDE_KINDS[kind] });
}

function unknownKind(text: string, prefix: string): HarnessError {
  const meant = nearest(prefix, KINDS);
  const known = `a side is ${KINDS.map((kind) => `${kind}:…`).join(", ")} or a git revision`;
  return new HarnessError("USAGE", `"${text}": no side is written ${prefix}:`, {
    hint: meant === null ? known : `did you mean ${meant}:? ${known}`,
  });
}
