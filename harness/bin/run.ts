#!/usr/bin/env node
import { main } from "../src/cli/main.ts";

await main(process.argv.slice(2), new URL("../../../", import.meta.url), "./dist/harness/src/", ".js");
