// Captures of one connection: begun, read and stopped by it, and dropped when it goes. The client pulls: a
// piece leaves the hypervisor when it is asked for, so a slow client costs nobody but its capture.

import type { Capture, CaptureSpec } from "../../hypervisor/index.ts";
import type { Methods, Snapshot } from "./protocol.ts";

/** What a client asks for became a capture, or a sentence says why not. */
export type OpenCapture = (params: Methods["capture"]["params"]) => Capture | string;

/** How long the last piece may take to be asked for when the lab ends, milliseconds. */
const LAST_MS = 1000;

export class CaptureDesk {
  readonly #captures = new Map<number, Capture>();
  #count = 0;
  #emptied: (() => void) | undefined;

  /** Keeps a capture; the answer is the number by which the client names it. */
  add(capture: Capture): number {
    this.#captures.set(++this.#count, capture);
    return this.#count;
  }

  async read(number: number): Promise<Methods["captureRead"]["result"]> {
    const capture = this.#captures.get(number);
    if (!capture) return { data: "", frames: 0, lost: 0, matched: false, done: true };
    const { bytes, ...rest } = await capture.read();
    if (rest.done) this.#captures.delete(number);
    if (this.#captures.size === 0) this.#emptied?.();
    const { buffer, byteOffset, byteLength } = bytes;
    return { data: Buffer.from(buffer, byteOffset, byteLength).toString("base64"), ...rest };
  }

  stop(number: number): Record<string, never> {
    this.#captures.get(number)?.stop();
    return {};
  }

  /** The lab ends: what has been captured can still be read, for a moment. */
  async finish(): Promise<void> {
    if (this.#captures.size === 0) return;
    for (const capture of this.#captures.values()) capture.stop();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#emptied = resolve;
    const timer = setTimeout(resolve, LAST_MS);
    await promise;
    clearTimeout(timer);
  }

  /** Nobody reads any more. */
  close(): void {
    for (const capture of this.#captures.values()) capture.drop();
    this.#captures.clear();
    this.#emptied?.();
  }
}

/**
 * What paths mean: devices, the devices of guests, networks; none: all networks. A sentence where one is
 * wrong.
 */
export function captureSpecOf(
  { paths = [], ...rest }: Methods["capture"]["params"],
  { devices, networks, guests }: Snapshot,
): CaptureSpec | string {
  if (paths.length === 0) return { ...rest, networks: networks.map(({ address }) => address) };
  const [ofDevices, ofNetworks] = [new Set<string>(), new Set<string>()];
  for (const path of paths) {
    const seen = devices.filter((device) => device.class === "venet" && device.guests.includes(path));
    if (networks.some(({ address }) => address === path)) ofNetworks.add(path);
    else if (devices.some(({ id }) => id === path)) ofDevices.add(path);
    else if (seen.length > 0) for (const { id } of seen) ofDevices.add(id);
    else if (guests.some(({ address }) => address === path)) return `\`${path}\` has no network device.`;
    else {
      const there = [...networks.map(({ address }) => address), ...devices.map(({ id }) => id)];
      return `The lab has no \`${path}\`; it has ${there.join(", ")}.`;
    }
  }
  return { ...rest, devices: [...ofDevices], networks: [...ofNetworks] };
}
