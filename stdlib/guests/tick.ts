// The guest `tick`: wakes up with its vclock, `--every` so often, and says how late it was.

import {
  CHANGE_REMOVED,
  CLASS_VCLOCK,
  Change,
  FOREVER,
  Options,
  Samples,
  Vclock,
  boot,
  print,
  put,
  putLine,
  putMilliseconds,
  putNumber,
  sleep,
  stopping,
} from "./sdk/index";

/** The word of `pending` that is looked at first. */
const PRIO: i32 = 7;
const COUNT_MAX: i64 = 1_000_000_000;
const SECOND: i64 = 1_000_000_000;
const SAMPLES: i32 = 65_536;

export function main(): i32 {
  if (boot() < 0) return 1;
  const options = new Options("tick", "usage: tick [--every DURATION] [--count N]");
  let every: i64 = 1_000_000;
  let count: i64 = 0;
  while (options.next()) {
    if (options.is("--every")) every = options.duration("a duration from 10us to 1h", 10_000, 3600 * SECOND);
    else if (options.is("--count")) count = options.number("a number from 1 to 1000000000", 1, COUNT_MAX);
    else options.unknown();
  }
  if (options.failed) return 2;
  const clock = new Vclock();
  const change = new Change();
  while (change.next()) {
    if (change.deviceClass != CLASS_VCLOCK || change.type == CHANGE_REMOVED || clock.isOpen) continue;
    clock.open(change.id, PRIO);
  }
  if (!clock.isOpen) {
    print("tick: there is no clock to use");
    return 1;
  }
  const late = new Samples(count == 0 ? SAMPLES : <i32>min<i64>(count, SAMPLES));
  clock.period(every);
  let seen: i64 = 0;
  while (!stopping() && (count == 0 || seen < count)) {
    sleep(FOREVER);
    const time = clock.now();
    if (clock.readTicks() < 0) break;
    if (clock.ticks == seen) continue; // Something else woke it.
    seen = clock.ticks;
    late.add(time - clock.dueAt);
  }
  put("tick: ");
  putNumber(seen);
  put(" ticks, ");
  putNumber(clock.missed);
  put(" missed, late p50 = ");
  putMilliseconds(late.percentile(50));
  put(" ms, p99 = ");
  putMilliseconds(late.percentile(99));
  put(" ms, max = ");
  putMilliseconds(late.percentile(100));
  put(" ms");
  putLine();
  return count == 0 || seen >= count ? 0 : 1;
}
