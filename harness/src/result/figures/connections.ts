import type { FigureSpec } from "./figure.ts";

/**
 * Memory a connection is the growth from before the first to after the last, divided by how many there are. Resident memory
 * is the target's process tree; what the kernel keeps for sockets is in no process and counted for the machine, both ends
 * of each connection together.
 */
export const CONNECTIONS_FIGURES = {
  held: { title: "connections held", unit: "connections", better: "higher" },
  acceptRate: { title: "accepted", unit: "connections/s", better: "higher" },
  handshakeP50: { title: "connect to accepted p50", unit: "us", better: "lower" },
  handshakeP99: { title: "connect to accepted p99", unit: "us", better: "lower" },
  rssPerConnection: { title: "RSS per idle connection", unit: "bytes", better: "lower" },
  bareRssPerConnection: { title: "RSS per bare socket of a Node process", unit: "bytes", better: "lower" },
  socketBuffersPerConnection: {
    title: "kernel's socket buffers per connection",
    unit: "bytes",
    better: "lower",
  },
  kernelObjectsPerConnection: {
    title: "kernel's objects per connection, both ends",
    unit: "bytes",
    better: "lower",
  },
  idleCpuBefore: { title: "cores used without connections", unit: "1", better: "lower" },
  idleCpu: { title: "cores used with all of them idle", unit: "1", better: "lower" },
  activeP50: { title: "response p50 of the active", unit: "us", better: "lower" },
  activeP99: { title: "response p99 of the active", unit: "us", better: "lower" },
  closeRate: { title: "closed", unit: "connections/s", better: "higher" },
  rssBefore: { title: "RSS before", unit: "bytes", better: "lower" },
  rssHeld: { title: "RSS with all of them idle", unit: "bytes", better: "lower" },
  rssClosed: { title: "RSS after closing", unit: "bytes", better: "lower" },
  memoryGivenBack: { title: "memory given back, of what was taken", unit: "1", better: "higher" },
} as const satisfies Record<string, FigureSpec>;
