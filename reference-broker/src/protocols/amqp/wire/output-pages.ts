/** Memory that frames are written into before they are sent, used again by all connections. */
import { allocateUnpooled } from "../../../base/allocate.ts";

export const PAGE_BYTES = 64 * 1024;
const MAX_IDLE_PAGES = 256;

const idle: Buffer[] = [];

/** PAGE_BYTES long, or as long as `bytes` if that is more. Contents are undefined. */
export function takePage(bytes: number): Buffer {
  return bytes > PAGE_BYTES ? allocateUnpooled(bytes) : (idle.pop() ?? allocateUnpooled(PAGE_BYTES));
}

/** Nobody uses it any more. One that is never given back is only not used again. */
export function returnPage(page: Buffer): void {
  if (page.length === PAGE_BYTES && idle.length < MAX_IDLE_PAGES) idle.push(page);
}
