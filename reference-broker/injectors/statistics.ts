import { counter } from "../src/base/statistics.ts";

/** What injectors did; metrics `brokermark_injector_...` of a broker that has any. */
export const INJECTOR_STATISTICS = {
  spins: counter("busy loops of the cpu injectors"),
  spunSeconds: counter("time in busy loops of the cpu injectors", "seconds"),
  delayedAnswers: counter("answers held by the delay injector"),
  stalledAnswers: counter("answers held by the stall injector"),
  leakedBytes: counter("memory taken by the leak injector and never given back", "bytes"),
};
