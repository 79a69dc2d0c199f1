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

/** Shapes of what one round differs from the next by, each with its standard deviation near 1 before it is scaled. */
export const NOISE = {
  normal: "normal",
  t3: "Student's t with 3 degrees of freedom",
  contaminated: "normal, one round in ten at six times the deviation",
  lognormal: "lognormal, skewed",
  drift: "first-order autoregressive, coefficient 0.8",
  step: "normal, three deviations higher from the eighth round on",
  slot: "normal, one slot 3 % slower than the other",
} as const;

export type NoiseName = keyof typeof NOISE;

export const NOISE_NAMES = Object.keys(NOISE) as NoiseName[];

const CONTAMINATED_SHARE = 0.1;
const CONTAMINATION = 6;
const CARRIED = 0.8;
const STEP_ROUND = 7;
const STEP = 3;
const SLOT_BIAS = 0.03;

/** By how much the first slot is slower than the second, round after round; `spread` in log units. */
export function noiseFrom(name: NoiseName, spread: number, uniform: Uniform): Draw {
  const normal = normalFrom(uniform);
  let [round, carried] = [0, normal()];
  switch (name) {
    case "normal":
      return () => spread * normal();
    case "t3":
      // Its variance is 3.
      return () => {
        const squares = normal() ** 2 + normal() ** 2 + normal() ** 2;
        return (spread * normal()) / Math.sqrt(squares);
      };
    case "contaminated":
      return () => spread * normal() * (uniform() < CONTAMINATED_SHARE ? CONTAMINATION : 1);
    case "lognormal":
      return () => (spread * (Math.exp(normal()) - Math.exp(0.5))) / Math.sqrt(Math.E * (Math.E - 1));
    case "drift":
      return () => {
        carried = CARRIED * carried + Math.sqrt(1 - CARRIED ** 2) * normal();
        return spread * carried;
      };
    case "step":
      return () => spread * (normal() + (round++ < STEP_ROUND ? 0 : STEP));
    case "slot":
      return () => SLOT_BIAS + spread * normal();
  }
}
