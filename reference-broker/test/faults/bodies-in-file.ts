/** Finds the messages that a file holds by their bodies, whatever format they stand in. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { decodeBody } from "./amqp/message-body.ts";
import { MIN_BODY_BYTES } from "./amqp/round-plan.ts";

const NUMBER_AT = 4;
const NUMBER_BYTES = 6;

export interface FoundBody {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/** In the order of the file. `bodyBytes`: size of the body with a number, or undefined. */
export function findBodies(
  content: Buffer,
  bodyBytes: (number: number) => number | undefined,
): readonly FoundBody[] {
  const found: FoundBody[] = [];
  for (let start = 0; start + MIN_BODY_BYTES <= content.length; ) {
    // Numbers of a round are below 2^24.
    const isSmall = content.readUIntBE(start + NUMBER_AT, NUMBER_BYTES / 2) === 0;
    const number = isSmall ? content.readUIntBE(start + NUMBER_AT, NUMBER_BYTES) : 0;
    const end = start + (bodyBytes(number) ?? 0);
    if (end > start && end <= content.length && decodeBody(content.subarray(start, end)) === number) {
      found.push({ number, start, end });
      start = end;
    } else start++;
  }
  return found;
}

/** Files below the directory that end so, with their sizes; paths are whole. */
export function filesBelow(
  directory: string,
  suffixes: readonly string[],
): { file: string; bytes: number }[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => suffixes.some((suffix) => name.endsWith(suffix)))
    .sort()
    .map((name) => path.join(directory, name))
    .map((file) => ({ file, bytes: statSync(file).size }));
}

/** Files that hold messages of either engine. */
export const MESSAGE_FILES: readonly string[] = [".log", ".messages"];

export interface FileContent {
  readonly file: string;
  readonly content: Buffer;
  readonly bodies: readonly FoundBody[];
}

/** Those that hold at least one message. */
export function filesWithMessages(
  directory: string,
  bodyBytes: (number: number) => number | undefined,
): FileContent[] {
  return filesBelow(directory, MESSAGE_FILES)
    .map(({ file }) => {
      const content = readFileSync(file);
      return { file, content, bodies: findBodies(content, bodyBytes) };
    })
    .filter(({ bodies }) => bodies.length > 0);
}
