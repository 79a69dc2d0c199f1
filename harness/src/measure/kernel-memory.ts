/** What the kernel keeps for sockets, for the machine as a whole (proc(5)). Pure parsers, and one that reads. Linux only. */
import { readFileSync } from "node:fs";
import { parseKeyedNumber } from "./proc-files.ts";

/** Sockets count in pages; 4 KiB on every architecture that is measured on. */
const PAGE_BYTES = 4096;

export interface KernelMemory {
  /** Bytes in buffers of TCP sockets, sent and unread ones. */
  readonly socketBufferBytes: number;
  /** Bytes in the kernel's own objects (slab): sockets, files, inodes, and whatever else it has. */
  readonly objectBytes: number;
}

/** null where the kernel does not tell. */
export function readKernelMemory(): KernelMemory | null {
  try {
    const socketBufferBytes = parseTcpMemory(readFileSync("/proc/net/sockstat", "latin1"));
    const objectBytes = parseKeyedNumber(readFileSync("/proc/meminfo", "latin1"), "Slab");
    return socketBufferBytes === null || objectBytes === null ? null : { socketBufferBytes, objectBytes };
  } catch {
    return null;
  }
}

/** `mem` of the line `TCP: inuse 9 orphan 0 tw 11 alloc 9 mem 110`, in bytes. */
export function parseTcpMemory(sockstat: string): number | null {
  const match = /^TCP:.*\bmem (\d+)/m.exec(sockstat);
  return match === null ? null : Number(match[1]) * PAGE_BYTES;
}
