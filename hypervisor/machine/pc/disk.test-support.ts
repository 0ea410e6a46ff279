// A volume as a disk's station meets it: behind the verbs, with a ring in the memory beside the PC's.

import { viewGuestMemory } from "../../memory/fabric.ts";
import { DESCRIPTOR, REQUEST, REQUEST_OP } from "../../ring/abi.ts";
import type { BusVerbs } from "../streams.ts";

export const VOLUME_BYTES = 8192;
/** Where the station has its ring and its data. */
export const PLACE = { ring: 0, data: 65_536 } as const;

/** A volume behind the verbs; it says `waitUs` once for each request while that is not 0. */
export class Volume {
  readonly memory = viewGuestMemory(new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true }));
  readonly bytes = new Uint8Array(VOLUME_BYTES);
  readonly done: string[] = [];
  waitUs = 0;
  #waited = false;
  #position = 0;
  readonly verbs = {
    open: () => 1,
    close: () => 0,
    shm: () => 5,
    signal: () => this.#serve(),
  } as unknown as BusVerbs;

  #serve(): number {
    if (this.waitUs > 0 && !this.#waited) {
      this.#waited = true;
      return this.waitUs;
    }
    this.#waited = false;
    const { i32, u8 } = this.memory;
    const descriptor = (PLACE.ring + (this.#position & 15) * DESCRIPTOR.size) >>> 2;
    const word = (offset: number): number => i32[((i32[descriptor] as number) + offset) >>> 2] as number;
    const [op, offset, length] = [word(REQUEST.op), word(REQUEST.offset), word(REQUEST.length)];
    const at = word(REQUEST.address);
    this.done.push(`${Object.keys(REQUEST_OP)[op]} ${offset} ${length}`);
    if (op === REQUEST_OP.read) u8.set(this.bytes.subarray(offset, offset + length), at);
    if (op === REQUEST_OP.write) this.bytes.set(u8.subarray(at, at + length), offset);
    i32[((i32[descriptor] as number) + REQUEST.status) >>> 2] = length % 512 === 0 ? 0 : -22;
    i32[descriptor + (DESCRIPTOR.turn >> 2)] = (this.#position++ << 1) >>> 0;
    return 0;
  }
}
