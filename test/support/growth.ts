/**
 * How many times longer `work` takes for twice the size: 2 where it is linear, 4 where it is quadratic. The CPU's
 * time is taken, the least of several runs, as others use the machine too; what takes next to nothing is 1. Garbage
 * is collected in one run and not in the other: the least of a few tries counts, and the first that is plain.
 */
export function growth(work: (size: number) => unknown, size: number): number {
  let least = Infinity;
  for (let tries = 0; tries < TRIES && least > PLAIN; tries++) {
    const [once, twice] = [leastTime(() => work(size)), leastTime(() => work(2 * size))];
    least = Math.min(least, twice < NOTHING ? 1 : twice / Math.max(once, NOTHING / 4));
  }
  return least;
}

const TRIES = 4;
const PLAIN = 2.6;

/** Microseconds. */
const NOTHING = 20_000;
const RUNS = 3;

/** Microseconds of the CPU. */
export function leastTime(work: () => unknown): number {
  const times = Array.from({ length: RUNS }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...times);
}
