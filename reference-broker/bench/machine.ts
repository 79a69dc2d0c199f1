import { arch, cpus, platform, release, totalmem } from "node:os";

/** What figures were taken on. */
export function describeMachine() {
  return {
    ...{ platform: platform(), release: release(), arch: arch(), node: process.version },
    ...{ cpu: cpus()[0]?.model ?? null, cores: cpus().length, memoryBytes: totalmem() },
  };
}
