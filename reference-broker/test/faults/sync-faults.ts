/** Controls a broker that `failing-sync-entry.ts` started. */
import { rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const FAILING_SYNC_ENTRY = fileURLToPath(new URL("./failing-sync-entry.ts", import.meta.url));

/** `lie`: they do nothing and say that they did. */
export function setSyncs(dataDir: string, how: "work" | "fail" | "lie"): void {
  const control = `${dataDir}.syncs`;
  if (how === "work") rmSync(control, { force: true });
  else writeFileSync(control, how);
}
