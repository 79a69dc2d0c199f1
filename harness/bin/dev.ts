#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// Kept compiled code and stripped types are most of what a start costs; child processes are given the same cache.
process.env.NODE_COMPILE_CACHE ??= enableCompileCache().directory ?? "";
const { main } = await import("../src/cli/main.ts");

await main(process.argv.slice(2), new URL("../../", import.meta.url), "./harness/src/", ".ts");
