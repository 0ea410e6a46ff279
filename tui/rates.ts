// Frames per second over time, for sparklines: one value for each second of the lab's life, of the last
// twelve minutes, in memory of a fixed size for each thing.

import type { Snapshot } from "../interpreter/index.ts";
import type { Picture } from "./model.ts";

/** What is drawn at most. */
const VALUES_MAX = 120;
/** Ten minutes can be gone back, and two be drawn there. */
const SECONDS_KEPT = 720;

interface Row {
  readonly values: Float32Array;
  /** The first second that is in it, and the last. */
  first: number;
  last: number;
}

/** The rates of one life of a lab. Only the newest second is written; pictures read up to their own. */
export class RateBook {
  readonly #rows: Map<string, Row>;

  constructor(rows: ReadonlyMap<string, Row> = new Map()) {
    this.#rows = new Map([...rows].map(([key, row]) => [key, { ...row, values: row.values.slice() }]));
  }

  /** As it is now: the newest second of this one is still being written. */
  copy(): RateBook {
    return new RateBook(this.#rows);
  }

  set(key: string, second: number, value: number): void {
    let row = this.#rows.get(key);
    if (row === undefined || second - row.last >= SECONDS_KEPT) {
      row = { values: new Float32Array(SECONDS_KEPT), first: second, last: second };
      this.#rows.set(key, row);
    }
    // Bound: SECONDS_KEPT. Seconds of which nothing was heard are as the one before.
    for (let missed = row.last + 1; missed < second; missed++) {
      row.values[missed % SECONDS_KEPT] = row.values[row.last % SECONDS_KEPT] ?? 0;
    }
    row.values[second % SECONDS_KEPT] = value;
    row.last = second;
    row.first = Math.max(row.first, second - SECONDS_KEPT + 1);
  }

  /** The last values at and before a second, the newest last; nothing where it was not there. */
  until(key: string, second: number): readonly number[] {
    const row = this.#rows.get(key);
    if (row === undefined || second < row.first) return [];
    const end = Math.min(second, row.last);
    const from = Math.max(row.first, end - VALUES_MAX + 1);
    return Array.from(
      { length: end - from + 1 },
      (_, index) => row.values[(from + index) % SECONDS_KEPT] ?? 0,
    );
  }

  /** Forgets what has not been there for as long as is kept. */
  forget(second: number): void {
    for (const [key, { last }] of this.#rows) if (second - last >= SECONDS_KEPT) this.#rows.delete(key);
  }
}

/** The picture of a snapshot that came after `before`. A lab that began anew begins anew here too. */
export function nextPicture(before: Picture | undefined, snapshot: Snapshot): Picture {
  const same = before?.snapshot.pid === snapshot.pid && before.snapshot.uptimeMs <= snapshot.uptimeMs;
  const earlier = same ? before : undefined;
  const rates = earlier?.rates ?? new RateBook();
  const second = secondOf(snapshot);
  for (const guest of snapshot.guests) rates.set(`guest:${guest.address}`, second, guest.framesPerSecond);
  for (const [id, rate] of deviceRates(earlier, snapshot)) rates.set(`device:${id}`, second, rate);
  rates.set("lab", second, totalRate(snapshot));
  if (second % 60 === 0) rates.forget(second);
  return { snapshot, rates };
}

const secondOf = ({ uptimeMs }: Snapshot): number => Math.floor(uptimeMs / 1000);

/** Frames per second over all networks. */
export function totalRate(snapshot: Snapshot): number {
  return snapshot.networks.reduce((sum, network) => sum + network.framesPerSecond, 0);
}

/** One a second, the newest last: those that were known when the picture was made. */
export function valuesOf(picture: Picture | undefined, key: string): readonly number[] {
  return picture === undefined ? [] : picture.rates.until(key, secondOf(picture.snapshot));
}

/** From the difference of the counters; a picture too soon after the last one keeps its rate. */
function* deviceRates(before: Picture | undefined, snapshot: Snapshot): Generator<readonly [string, number]> {
  const seconds = before === undefined ? 0 : (snapshot.uptimeMs - before.snapshot.uptimeMs) / 1000;
  const then = new Map(
    before?.snapshot.devices.map((device) => [device.id, device.rx.count + device.tx.count]),
  );
  for (const device of snapshot.devices) {
    const frames = then.get(device.id);
    const known = valuesOf(before, `device:${device.id}`).at(-1) ?? 0;
    const grown = frames === undefined ? 0 : device.rx.count + device.tx.count - frames;
    yield [device.id, seconds < 0.1 ? known : Math.round(Math.max(0, grown) / seconds)];
  }
}
