import type { Uniform } from "../statistics/seeded-generator.ts";

/** One value after another of a stream of noise. */
export type Draw = () => number;

/** Standard normal, by Box and Muller. */
export function normalFrom(uniform: Uniform): Draw {
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
