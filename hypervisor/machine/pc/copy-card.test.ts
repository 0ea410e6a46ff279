// The console through which files are copied, from a driver's side: what goes in comes out, in order and no
// faster than it is taken; and what a driver says that can't be ends the PC or is not heard.

import { expect, test } from "vitest";
import { PC_COPY_BYTES, PC_COPY_GREETING_MAX } from "../../limits.ts";
import { CopyCard } from "./copy-card.ts";
import type { CopyNews } from "./copy-words.ts";
import type { VirtioDevice, VirtioRegisters } from "./emulator.ts";

const SIZE = 16;
/** Bytes of RAM for each of its queues, and where the buffers of one are. */
const QUEUE_BYTES = 1 << 20;
const PLACE = { desc_addr: 0, avail_addr: 0x400, used_addr: 0x800 } as const;
const BUFFERS = 0x1000;
const BUFFER_BYTES = 0x8000;
const WRITE = 2;
const QUEUE = { receive: 0, send: 1, hear: 2, say: 3 } as const;
const EVENT = { deviceReady: 0, portAdd: 1, portReady: 3, portOpen: 6, portName: 7 } as const;

class Broken extends Error {}

/** A card, and a driver's hand in its queues. */
class Bench {
  readonly ram = new Uint8Array(4 * QUEUE_BYTES);
  readonly view = new DataView(this.ram.buffer);
  readonly news: CopyNews[] = [];
  readonly card: CopyCard;
  device: VirtioDevice | undefined;
  #available = [0, 0, 0, 0];
  #seen = [0, 0, 0, 0];

  constructor() {
    this.card = new CopyCard({
      emulator: {
        ram: this.ram,
        ramBytes: this.ram.length,
        wrote: () => undefined,
        addVirtio: (device) => {
          this.device = device;
          return {
            queues: [0, 1, 2, 3].map((queue) => ({
              size: SIZE,
              enabled: true,
              desc_addr: queue * QUEUE_BYTES + PLACE.desc_addr,
              avail_addr: queue * QUEUE_BYTES + PLACE.avail_addr,
              used_addr: queue * QUEUE_BYTES + PLACE.used_addr,
            })),
            is_feature_negotiated: () => false,
            raise_irq: () => undefined,
          } as unknown as VirtioRegisters;
        },
      },
      broken: () => {
        throw new Broken();
      },
      tell: (news) => void this.news.push(news),
    });
  }

  /** Offers a buffer: with bytes for the card, or for so many of its. */
  offer(queue: number, given: Uint8Array | number): void {
    const base = queue * QUEUE_BYTES;
    const index = (this.#available[queue] as number) % SIZE;
    const at = base + BUFFERS + index * BUFFER_BYTES;
    const isGiven = typeof given !== "number";
    if (isGiven) this.ram.set(given.subarray(0, BUFFER_BYTES), at);
    this.view.setUint32(base + index * 16, at, true);
    this.view.setUint32(base + index * 16 + 8, isGiven ? given.length : given, true);
    this.view.setUint16(base + index * 16 + 12, isGiven ? 0 : WRITE, true);
    this.view.setUint16(base + PLACE.avail_addr + 4 + index * 2, index, true);
    this.view.setUint16(base + PLACE.avail_addr + 2, ++this.#available[queue]!, true);
    if (isGiven) this.device?.queues[queue]?.kick();
  }

  /** What the card has put into buffers since. */
  taken(queue: number): Buffer[] {
    const base = queue * QUEUE_BYTES;
    const used = this.view.getUint16(base + PLACE.used_addr + 2, true);
    const found: Buffer[] = [];
    for (; (this.#seen[queue] as number) < used; this.#seen[queue]!++) {
      const at = base + PLACE.used_addr + 4 + ((this.#seen[queue] as number) % SIZE) * 8;
      const from = base + BUFFERS + this.view.getUint32(at, true) * BUFFER_BYTES;
      found.push(Buffer.from(this.ram.subarray(from, from + this.view.getUint32(at + 4, true))));
    }
    return found;
  }

  say(event: number, value: number): void {
    const word = Buffer.alloc(8);
    word.writeUInt16LE(event, 4);
    word.writeUInt16LE(value, 6);
    this.offer(QUEUE.say, word);
  }

  /** What the driver was told: event, value, text. */
  told(): unknown[] {
    this.card.move();
    const words = this.taken(QUEUE.hear);
    for (const _ of words) this.offer(QUEUE.hear, 64);
    return words.map((word) => [word.readUInt16LE(4), word.readUInt16LE(6), word.toString("latin1", 8)]);
  }

  /** As a driver begins. */
  begin(): this {
    this.ram.fill(0);
    this.#available = [0, 0, 0, 0];
    this.#seen = [0, 0, 0, 0];
    this.device?.driverReset();
    for (let index = 0; index < 8; index++) this.offer(QUEUE.hear, 64);
    this.say(EVENT.deviceReady, 1);
    this.say(EVENT.portReady, 1);
    this.told();
    return this;
  }

  get data(): string {
    return this.news.map((each) => (each.what === "data" ? Buffer.from(each.bytes).toString() : "")).join("");
  }
  get whats(): string[] {
    return this.news.map(({ what }) => what);
  }
}

test("a driver is told of one port, by its name, and that our end is open while a copy goes on", () => {
  const bench = new Bench();
  for (let index = 0; index < 8; index++) bench.offer(QUEUE.hear, 64);
  bench.say(EVENT.deviceReady, 1);
  expect(bench.told()).toEqual([[EVENT.portAdd, 1, ""]]);
  bench.card.heed({ do: "open", copy: 1 });
  expect(bench.told()).toEqual([]);
  bench.say(EVENT.portReady, 1);
  expect(bench.told()).toEqual([
    [EVENT.portName, 1, "vbus-copy"],
    [EVENT.portOpen, 1, ""],
  ]);
  bench.card.heed({ do: "close", copy: 1 });
  expect(bench.told()).toEqual([[EVENT.portOpen, 0, ""]]);
});

test("what is written comes in order, after the greeting, and then the end", () => {
  const bench = new Bench().begin();
  bench.card.heed({ do: "open", copy: 1 });
  bench.card.heed({ do: "data", copy: 1, bytes: Buffer.from("hello ") });
  bench.card.heed({ do: "data", copy: 9, bytes: Buffer.from("nobody's") });
  bench.offer(QUEUE.receive, 4);
  expect(bench.told()).toEqual([[EVENT.portOpen, 1, ""]]);
  expect(bench.taken(QUEUE.receive)).toEqual([]);
  bench.say(EVENT.portOpen, 1);
  bench.offer(QUEUE.send, Buffer.from("ready\n"));
  bench.card.heed({ do: "data", copy: 1, bytes: Buffer.from("world") });
  bench.card.heed({ do: "end", copy: 1 });
  expect(bench.told()).toEqual([]); // There is more, and no buffer for it.
  for (let index = 0; index < 4; index++) bench.offer(QUEUE.receive, 4);
  expect(bench.told()).toEqual([[EVENT.portOpen, 0, ""]]);
  expect(Buffer.concat(bench.taken(QUEUE.receive)).toString()).toBe("hello world");
  expect(bench.whats).toEqual(["begun", "taken", "taken"]);
  bench.say(EVENT.portOpen, 0);
  bench.card.move();
  expect(bench.whats.at(-1)).toBe("over");
});

test("what a guest sends is told as far as there is room, and its end behind all of it", () => {
  const bench = new Bench().begin();
  bench.card.heed({ do: "open", copy: 2 });
  bench.say(EVENT.portOpen, 1);
  bench.offer(QUEUE.send, Buffer.from("x".repeat(1000)));
  expect(bench.news[0]).toMatchObject({ what: "begun", bytes: { length: PC_COPY_GREETING_MAX } });
  const piece = Buffer.alloc(BUFFER_BYTES, "a");
  for (let sent = 0; sent < PC_COPY_BYTES; sent += piece.length) bench.offer(QUEUE.send, piece);
  expect(bench.data.length).toBe(PC_COPY_BYTES);
  bench.offer(QUEUE.send, Buffer.from("the rest"));
  bench.say(EVENT.portOpen, 0);
  bench.card.move();
  expect(bench.data.length).toBe(PC_COPY_BYTES);
  expect(bench.whats).not.toContain("over");
  bench.card.heed({ do: "more", copy: 2, bytes: 1000 });
  bench.card.move();
  expect(bench.data.slice(PC_COPY_BYTES)).toBe("the rest");
  expect(bench.whats.at(-1)).toBe("over");
});

test("without a copy nothing is heard of it; a driver that begins anew ends one", () => {
  const bench = new Bench().begin();
  bench.offer(QUEUE.send, Buffer.from("nobody asked"));
  bench.say(EVENT.portOpen, 0);
  bench.card.move();
  expect(bench.news).toEqual([]);
  bench.card.heed({ do: "open", copy: 3 });
  bench.device?.driverReset();
  expect(bench.news).toEqual([]); // As each driver begins.
  bench.begin();
  bench.offer(QUEUE.send, Buffer.from("hello"));
  bench.device?.driverReset();
  expect(bench.whats).toEqual(["begun", "over"]);
});

test("a piece larger than any may be ends the PC; more words than there is room for wait", () => {
  const bench = new Bench().begin();
  bench.card.heed({ do: "open", copy: 4 });
  const huge = { length: PC_COPY_BYTES + 1, subarray: () => new Uint8Array() } as unknown as Uint8Array;
  expect(() => bench.offer(QUEUE.send, huge)).toThrow(Broken);

  const loud = new Bench();
  for (let index = 0; index < 40; index++) loud.say(EVENT.deviceReady, 1);
  expect(loud.view.getUint16(QUEUE.say * QUEUE_BYTES + PLACE.used_addr + 2, true)).toBe(16);
});
