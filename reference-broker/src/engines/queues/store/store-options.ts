import type { CommitGroup } from "../../../mechanisms/commit-group.ts";
import type { FileSystem } from "../../../mechanisms/file-system.ts";
import type { DecodeMessage } from "./record-decoder.ts";

export interface QueueStoreOptions {
  readonly fileSystem: FileSystem;
  readonly commitGroup: CommitGroup;
  readonly decodeMessage: DecodeMessage;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
  /** A segment is full from here on; 16 MiB unless said. */
  readonly segmentBytes?: number;
  /** At most 65536, the default. */
  readonly segmentMessages?: number;
}
