/** Entry of the broker process. Compiled code is kept between starts: it is most of the time to the first request. */
import { enableCompileCache } from "node:module";

enableCompileCache();
await import("./run-broker.ts");
