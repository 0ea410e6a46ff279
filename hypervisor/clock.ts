// The clocks of the host. The only file of the hypervisor that reads one; everybody else is given a
// `HostClock`.

/** Monotonic time that all threads of the process agree on, and the wall's. */
export interface HostClock {
  /** Nanoseconds, monotonic. */
  nowNs(): number;
  /** Nanoseconds since 1970. */
  wallNs(): bigint;
}

export const systemClock: HostClock = {
  nowNs() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e9 + nanoseconds;
  },
  wallNs() {
    return BigInt(Math.round(wallMs() * 1000)) * 1000n;
  },
};

let wallBase = performance.timeOrigin;

/**
 * Milliseconds since 1970, with a fraction. `Date.now()` has whole ones; `performance` has fractions of a
 * clock that nobody sets, and that stands while the machine sleeps: it is kept within the other's.
 */
export function wallMs(): number {
  const monotonic = performance.now();
  const whole = Date.now();
  const wall = Math.min(Math.max(wallBase + monotonic, whole), whole + 0.999);
  wallBase = wall - monotonic;
  return wall;
}

/** Processor time of the calling thread, nanoseconds. */
export function threadCpuNs(): bigint {
  const { user, system } = process.threadCpuUsage();
  return BigInt(user + system) * 1000n;
}

/** The same monotonic time without an object for each reading, for a thread that looks often. */
export function makeSteadyNowNs(): () => number {
  // Both count from moments of their own; the reading with the least between the two is the best.
  let base = -Infinity;
  for (let tries = 0; tries < 16; tries++) {
    base = Math.max(base, systemClock.nowNs() - performance.now() * 1e6);
  }
  return () => base + performance.now() * 1e6;
}
