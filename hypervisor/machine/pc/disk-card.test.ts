// A PC's disk over a volume that takes its time: what drivers ask for, and what they had better not.

import { expect, test } from "vitest";
import { REQUEST_BYTES_MAX } from "../../limits.ts";
import { DiskCard } from "./disk-card.ts";
import { PLACE, Volume, VOLUME_BYTES } from "./disk.test-support.ts";
import type { Emulator, VirtioDevice, VirtioRegisters } from "./emulator.ts";

const QUEUE = { desc_addr: 0x100, avail_addr: 0x800, used_addr: 0xa00 } as const;
const HEADER = 0x1000;
const DATA = 0x2000;
const STATUS = 0x3000;
const SIZE = 16;
const FLAG = { next: 1, write: 2 } as const;

class Broken extends Error {}

/** A disk, and a driver's hand in its queue. */
class Bench {
  readonly ram = new Uint8Array(1 << 21);
  readonly view = new DataView(this.ram.buffer);
  readonly volume = new Volume();
  readonly card: DiskCard;
  device: VirtioDevice | undefined;
  #available = 0;

  constructor() {
    const emulator = {
      ram: this.ram,
      ramBytes: this.ram.length,
      wrote: () => undefined,
      addVirtio: (device: VirtioDevice): VirtioRegisters => {
        this.device = device;
        return {
          queues: [{ size: SIZE, enabled: true, ...QUEUE }],
          device_status: 4,
          is_feature_negotiated: () => false,
          raise_irq: () => undefined,
          notify_config_changes: () => undefined,
          device_feature: new Uint32Array(4),
          get_state: () => [],
          set_state: () => undefined,
          reset: () => undefined,
        };
      },
    } as unknown as Emulator;
    const { memory, verbs } = this.volume;
    const broken = (): never => {
      throw new Broken();
    };
    const facts = { id: 3, name: "first", bytes: VOLUME_BYTES, readonly: false, bridged: false, own: false };
    this.card = DiskCard.plug({ emulator, verbs, memory, at: PLACE, broken }, facts) as DiskCard;
  }

  /** Offers a request with so many bytes of data, to be written by the disk or read by it. */
  ask(type: number, sector: number, length: number, fromDisk: boolean): void {
    this.view.setUint32(HEADER, type, true);
    this.view.setUint32(HEADER + 8, sector, true);
    this.#part(0, HEADER, 16, FLAG.next, 1);
    this.#part(1, DATA, length, FLAG.next | (fromDisk ? FLAG.write : 0), 2);
    this.#part(2, STATUS, 1, FLAG.write, 0);
    this.ram[STATUS] = 0xff;
    this.offer();
  }

  offer(): void {
    this.view.setUint16(QUEUE.avail_addr + 4 + (this.#available % SIZE) * 2, 0, true);
    this.view.setUint16(QUEUE.avail_addr + 2, ++this.#available, true);
  }

  /** The driver resets the disk and begins anew. */
  reset(): void {
    this.#available = 0;
    this.view.setUint32(QUEUE.avail_addr, 0, true);
    this.view.setUint32(QUEUE.used_addr, 0, true);
    this.device?.driverReset();
  }

  get status(): number {
    return this.ram[STATUS] as number;
  }

  get used(): number {
    return this.view.getUint16(QUEUE.used_addr + 2, true);
  }

  #part(index: number, address: number, length: number, flags: number, next: number): void {
    const at = QUEUE.desc_addr + index * 16;
    this.view.setUint32(at, address, true);
    this.view.setUint32(at + 8, length, true);
    this.view.setUint16(at + 12, flags, true);
    this.view.setUint16(at + 14, next, true);
  }
}

test("what is written is read again, flushed and discarded; the disk has its device's name", () => {
  const bench = new Bench();
  bench.ram.fill(7, DATA, DATA + 1024);
  bench.ask(1, 2, 1024, false);
  expect(bench.card.move()).toBe(0);
  bench.ram.fill(0, DATA, DATA + 1024);
  bench.ask(0, 1, 1024, true);
  expect(bench.card.move()).toBe(0);
  expect([bench.status, bench.used, bench.ram[DATA + 511], bench.ram[DATA + 512]]).toEqual([0, 2, 0, 7]);
  expect(bench.view.getUint32(QUEUE.used_addr + 4 + 8 + 4, true)).toBe(1025);
  bench.ask(4, 0, 0, false);
  bench.card.move();
  bench.view.setUint32(DATA, 4, true);
  bench.view.setUint32(DATA + 8, 2, true);
  bench.view.setUint32(DATA + 12, 0, true);
  bench.ask(11, 0, 16, false);
  bench.card.move();
  expect(bench.volume.done).toEqual(["write 1024 1024", "read 512 1024", "flush 0 0", "discard 2048 1024"]);
  bench.ask(8, 0, 20, true);
  bench.card.move();
  expect(Buffer.from(bench.ram.subarray(DATA, DATA + 6)).toString()).toBe("first\0");
  expect([bench.status, bench.used]).toEqual([0, 5]);
});

test("what can't be is answered and not done; what no driver posts is broken", () => {
  const bench = new Bench();
  const answer = (...request: Parameters<Bench["ask"]>): number => {
    bench.ask(...request);
    bench.card.move();
    return bench.status;
  };
  expect(answer(99, 0, 512, true)).toBe(2);
  expect(answer(0, VOLUME_BYTES / 512, 512, true)).toBe(1);
  expect(answer(1, 0xffff_ffff, 512, false)).toBe(1);
  expect(answer(0, 0, REQUEST_BYTES_MAX + 512, true)).toBe(1);
  expect(answer(11, 0, 32, false)).toBe(2);
  expect(bench.volume.done).toEqual([]);
  expect(answer(0, 0, 100, true)).toBe(1);
  bench.view.setUint16(QUEUE.desc_addr + 12, 0, true);
  bench.offer();
  expect(() => bench.card.move()).toThrow(Broken);
});

test("a request that has to wait is gone on with; one of a driver that was reset is not given back", () => {
  const bench = new Bench();
  bench.volume.waitUs = 300;
  bench.ask(0, 0, 512, true);
  expect([bench.card.move(), bench.used, bench.status]).toEqual([300, 0, 0xff]);
  expect([bench.card.move(), bench.used, bench.status]).toEqual([0, 1, 0]);
  bench.ask(0, 0, 512, true);
  expect(bench.card.move()).toBe(300);
  bench.reset();
  expect([bench.card.move(), bench.used, bench.status]).toEqual([0, 0, 0xff]);
  bench.ask(0, 0, 512, true);
  expect(bench.card.move()).toBe(300);
  bench.card.remove();
  expect([bench.card.move(), bench.used, bench.status]).toEqual([0, 1, 1]);
});
