/**
 * Starts the broker with syncs that fail while the file `<data directory>.syncs` says so: "fail" is EIO and nothing is
 * synced, "lie" is success and nothing is synced.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const control = `${process.argv[process.argv.indexOf("--data-dir") + 1]}.syncs`;

function fault(): string {
  try {
    return fs.readFileSync(control, "utf8");
  } catch {
    return "";
  }
}

function failure(): Error {
  return Object.assign(new Error("EIO: i/o error, fdatasync (put in by a test)"), { code: "EIO" });
}

function faulty(sync: typeof fs.fdatasync): typeof fs.fdatasync {
  const replaced = (fd: number, callback: fs.NoParamCallback) => {
    const what = fault();
    if (what === "") sync(fd, callback);
    else setImmediate(callback, what === "fail" ? failure() : null);
  };
  return replaced as typeof fs.fdatasync;
}

function faultySync(sync: (fd: number) => void): (fd: number) => void {
  return (fd) => {
    const what = fault();
    if (what === "") sync(fd);
    else if (what === "fail") throw failure();
  };
}

fs.fdatasync = faulty(fs.fdatasync);
fs.fsync = faulty(fs.fsync);
fs.fdatasyncSync = faultySync(fs.fdatasyncSync);
fs.fsyncSync = faultySync(fs.fsyncSync);
syncBuiltinESMExports();

await import("../../src/run-broker.ts");
