/** From here on Stirling's series with the terms below is exact to the last bits of a double. */
const ASYMPTOTIC_FROM = 12;
/** Bernoulli numbers B(2k) / (2k (2k - 1)): Abramowitz and Stegun, 6.1.41. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];

/** Natural logarithm of the gamma function, for x > 0. */
export function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < ASYMPTOTIC_FROM; at++) shift += Math.log(at);
  let power = 1 / at;
  let series = 0;
  for (const coefficient of STIRLING) {
    series += coefficient * power;
    power /= at * at;
  }
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
