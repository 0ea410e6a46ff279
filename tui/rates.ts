// Frames per second over time, for sparklines: one value for each second of the lab's life, the last two
// minutes.

import type { Snapshot } from "../interpreter/index.ts";
import type { Picture, Series } from "./model.ts";

const VALUES_MAX = 120;

/** The picture of a snapshot that came after `before`. A lab that began anew begins anew here too. */
export function nextPicture(before: Picture | undefined, snapshot: Snapshot): Picture {
  const same = before?.snapshot.pid === snapshot.pid && before.snapshot.uptimeMs <= snapshot.uptimeMs;
  const earlier = same ? before : undefined;
  const second = Math.floor(snapshot.uptimeMs / 1000);
  const rates = new Map<string, Series>();
  const add = (key: string, value: number): void => {
    rates.set(key, append(earlier?.rates.get(key), second, value));
  };
  for (const guest of snapshot.guests) add(`guest:${guest.address}`, guest.framesPerSecond);
  for (const [id, rate] of deviceRates(earlier, snapshot)) add(`device:${id}`, rate);
  add("lab", totalRate(snapshot));
  return { snapshot, rates };
}

/** Frames per second over all networks. */
export function totalRate(snapshot: Snapshot): number {
  return snapshot.networks.reduce((sum, network) => sum + network.framesPerSecond, 0);
}

export function valuesOf(picture: Picture | undefined, key: string): readonly number[] {
  return picture?.rates.get(key)?.values ?? [];
}

function append(series: Series | undefined, second: number, value: number): Series {
  const kept =
    series === undefined ? [] : series.second === second ? series.values.slice(0, -1) : series.values;
  return { second, values: [...kept, value].slice(-VALUES_MAX) };
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
