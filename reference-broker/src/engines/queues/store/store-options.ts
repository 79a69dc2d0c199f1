import type { CommitGroup } from "../../../mechanisms/commit-group.ts";
import type { FileSystem } from "../../../mechanisms/file-system.ts";
import type { DecodeMessage } from "./record-decoder.ts";
import type { RelocationLimits } from "./relocation.ts";

export interface QueueStoreOptions {
  readonly fileSystem: FileSystem;
  readonly commitGroup: CommitGroup;
  readonly decodeMessage: DecodeMessage;
  readonly report: (event: string, fields: Record<string, unknown>) => void;
  /** When the last messages of a segment are moved. */
  readonly relocation?: RelocationLimits;
  /** Nothing of it is wanted after the process: no acknowledgements and no summaries are written. */
  readonly isTemporary?: boolean;
  /** A segment is full from here on; 16 MiB unless said. */
  readonly segmentBytes?: number;
  /** At most 65536, the default. */
  readonly segmentMessages?: number;
}
