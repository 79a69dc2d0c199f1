/** Exit codes of every verb; the README's table and `--help` quote this list. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  inconclusive: 3,
  integrity: 4,
  targetWouldNotRun: 5,
  internal: 70,
  interrupted: 130,
  terminated: 143,
} as const;
