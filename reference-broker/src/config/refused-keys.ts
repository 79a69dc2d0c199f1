/**
 * Keys that people bring along, from the brokers whose section and key names are used here and from habit, and that
 * nothing here could act on: each is refused with the reason. A key that is called otherwise here is told its name.
 */
import type { OptionName } from "./schema.ts";

const ONE_THREAD = "one thread serves all connections, logs and queues";
const NO_AFFINITY =
  "Node.js cannot bind its threads to cores: start the broker under taskset or numactl instead";
const NO_SOCKET_BUFFERS =
  "Node.js cannot set the buffers of TCP sockets: set net.ipv4.tcp_rmem and tcp_wmem of the system instead";
const ALWAYS = "this is how the broker works, it cannot be switched off";
const TURN = "batches are what a turn of the event loop brings, which adapts by itself";
const NO_KEYS = "clients prove who they are as their protocol has it: put users under [users]";

/** By section and key, or by section alone. */
const REASONS: Readonly<Record<string, string>> = {
  "server.bind_addr": "server.host and server.port are two keys here",
  "queues.topic_capacity": "publishing goes straight into queues and logs, there is no buffer per topic",
  "delivery.max_batch_bytes": TURN,
  "delivery.flush_interval_ms":
    "deliveries are sent at the end of each turn of the event loop, never held back",
  "delivery.fanout_shards": `${ONE_THREAD}: there are no shards to set a number of`,
  "performance.enable_timer_wheel": ALWAYS,
  "performance.timer_wheel_resolution_ms": "timers are kept to the millisecond",
  "performance.enable_memory_pools": "pools are used where they were measured to pay, and nowhere else",
  "performance.warm_up_pools": "the few pools there are fill with the first messages",
  "performance.enable_batch_processing": ALWAYS,
  "performance.batch_config": TURN,
  "performance.cpu_affinity": NO_AFFINITY,
  "performance.allocator": "the allocator is that of Node.js; another one is loaded with LD_PRELOAD",
  "performance.tcp_nodelay": "Nagle's algorithm is off on every connection, as its delay serves nobody here",
  "performance.tcp_recv_buffer": NO_SOCKET_BUFFERS,
  "performance.tcp_send_buffer": NO_SOCKET_BUFFERS,
  "performance.worker_threads": ONE_THREAD,
  "performance.network_optimizations.tcp_nodelay":
    "Nagle's algorithm is off on every connection, as its delay serves nobody here",
  "performance.network_optimizations.send_buffer_size": NO_SOCKET_BUFFERS,
  "performance.network_optimizations.recv_buffer_size": NO_SOCKET_BUFFERS,
  "performance.network_optimizations.reuse_addr": "Node.js sets it on every listening socket",
  "performance.network_optimizations.reuse_port": `${ONE_THREAD}: there is nothing to share a port with`,
  "performance.network_optimizations.keepalive_timeout_secs":
    "heartbeats end dead AMQP connections, at the interval that client and broker agree on",
  "auth.api_keys": NO_KEYS,
  "auth.auth_enabled": NO_KEYS,
  "auth.api_key": NO_KEYS,
  "metrics.bind_addr": "metrics are served on server.http_port, at the address of server.host",
  "metrics.enabled": "metrics are served wherever server.http_port is set",
  "wal.enabled": "storage.durability says when a message counts as stored, none being the least",
  "wal.segment_size_bytes": "set segment.bytes under [topics]; segments of queues have one size",
  "wal.segment_size_mb": "set segment.bytes under [topics]; segments of queues have one size",
  "wal.max_segments": "set retention.bytes or retention.ms under [topics]",
  "wal.fsync_interval_ms":
    "with storage.durability = fsync nothing is confirmed before the disk has it; flush.ms under [topics] forces more",
  "logging.format": "logs are JSON, one object a line",
  "logging.file": "logs go to standard error, which whoever starts the broker can send to a file",
};

/** What a key is called here. */
const RENAMED: Readonly<Record<string, OptionName>> = {
  "server.max_message_bytes": "max-message-bytes",
  "wal.directory": "data-dir",
  "wal.wal_dir": "data-dir",
  "wal.flush_interval_ms": "flush-interval-ms",
  "memory.memory_limit_mb": "memory-limit-bytes",
  "memory.max_message_size": "max-message-bytes",
};

/** Why a key is refused, as the end of a sentence, or null. A key without section finds any of that name. */
export function findRefusal(key: string): string | null {
  return find(REASONS, key);
}

/** The option that has another name here, or null. */
export function findRenamed(key: string): OptionName | null {
  return find(RENAMED, key);
}

function find<T>(table: Readonly<Record<string, T>>, key: string): T | null {
  for (const [row, value] of Object.entries(table)) {
    const isMeant = key.includes(".") ? key === row || key.startsWith(`${row}.`) : row.endsWith(`.${key}`);
    if (isMeant) return value;
  }
  return null;
}
