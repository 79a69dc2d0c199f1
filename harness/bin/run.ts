#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// Kept compiled code is most of what a start costs; child processes are given the same cache.
process.env.NODE_COMPILE_CACHE ??= enableCompileCache().directory ?? "";
const { main } = await import("../src/cli/main.ts");

await main(process.argv.slice(2), new URL("../../../", import.meta.url), "./dist/harness/src/", ".js");
