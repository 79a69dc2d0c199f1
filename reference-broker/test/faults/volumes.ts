/** File systems of their own for a data directory: they can be filled, and cut off from power. Mounting needs root. */
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, copyFileSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const mounted = new Set<string>();
process.once("exit", () => {
  for (const point of mounted) spawnSync("umount", ["--lazy", point]);
});

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"] });
}

export class Volume {
  readonly path: string;

  /** Mounts at `point`, an empty directory that is made. */
  constructor(point: string, mountArguments: readonly string[]) {
    mkdirSync(point);
    run("mount", ...mountArguments, point);
    mounted.add(point);
    this.path = point;
  }

  unmount(): void {
    if (!mounted.delete(this.path)) return;
    run("umount", this.path);
  }

  /** Nobody may have a file open for writing. */
  remount(mode: "ro" | "rw"): void {
    run("mount", "-o", `remount,${mode}`, this.path);
  }
}

export function mountTmpfs(folder: string, sizeBytes: number): Volume {
  return new Volume(path.join(folder, "volume"), ["-t", "tmpfs", "-o", `size=${sizeBytes}`, "tmpfs"]);
}

/** ext4 in a file, through a loop device. */
export class ImageVolume extends Volume {
  readonly #image: string;

  private constructor(folder: string, name: string, image: string) {
    super(path.join(folder, name), ["-o", "loop", image]);
    this.#image = image;
  }

  static make(folder: string, sizeBytes: number): ImageVolume {
    const image = path.join(folder, "image");
    const file = openSync(image, "w");
    ftruncateSync(file, sizeBytes);
    closeSync(file);
    run("mkfs.ext4", "-q", "-F", "-m", "0", image);
    return new ImageVolume(folder, "volume", image);
  }

  /**
   * The volume as a power loss at this moment leaves it: what the file system has not sent to the disk yet is missing.
   * Nobody may be writing; this one is unmounted.
   */
  afterPowerCut(folder: string): ImageVolume {
    const copy = path.join(folder, "image-after-power-cut");
    copyFileSync(this.#image, copy);
    this.unmount();
    return new ImageVolume(folder, "volume-after-power-cut", copy);
  }
}

let reason: string | null | undefined;

/** Why file systems cannot be mounted here, or null. */
export function mountsUnavailable(): string | null {
  if (reason !== undefined) return reason;
  const folder = mkdtempSync(path.join(tmpdir(), "brokermark-mount-"));
  try {
    ImageVolume.make(folder, 8 * 1024 * 1024).unmount();
    reason = null;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    reason = `no file system can be mounted: ${stderr?.toString().trim() || message}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return reason;
}
