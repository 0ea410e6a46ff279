// Claims by several threads on one ring, step by step in one thread: against a model of what was sent, and a
// guest that receives as docs/abi.md says.

import fc from "fast-check";
import { expect, test } from "vitest";
import { reapThread } from "../datapath/reap.ts";
import { createFabric, viewGuestMemory, type Fabric, type GuestMemory } from "../memory/fabric.ts";
import { RING, SLOT, THREAD, ringAt, slotAt, threadAt } from "../memory/layout.ts";
import { BROKEN, CLAIMED, Claims, FULL, SMALL, resetRing } from "./claims.ts";
import { Receiver, type RingPlace, type Taken } from "./receiver.test-support.ts";

const SEED = Number(process.env["SEED"] ?? 20_261_123);
const RING_INDEX = 6;
const OWNER = 9;
const BUFFER = 64;
const SIZES = [16, 32, 64, 128, 256, 512, 1024];
const STARTS = [0, 1, 2 ** 31 - 40, 2 ** 31 - 3, 2 ** 32 - 1100, 2 ** 32 - 20];

const fabric: Fabric = createFabric();
const memory: GuestMemory = viewGuestMemory(new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true }));

/** A fresh ring of `count` slots that begins at position `start`, all buffers posted. */
function freshRing(count: number, start: number): { place: RingPlace; receiver: Receiver } {
  const place = { count, offset: 4096, signal: 1024, buffers: 65_536, bufferBytes: BUFFER };
  memory.u8.fill(0);
  resetRing(fabric, RING_INDEX, {
    count,
    offset: 4096,
    signal: 1024,
    events: 512,
    number: 0,
    owner: OWNER,
    incarnation: 1,
  });
  for (let ahead = 0; ahead < count; ahead++) {
    const position = (start + ahead) | 0;
    const slot = slotAt(RING_INDEX, position & (count - 1)) >> 2;
    fabric.i32[slot + (SLOT.next >> 2)] = position;
    fabric.i32[slot + (SLOT.passed >> 2)] = (position - count) | 0;
    const turn = start === 0 ? 0 : ((position - count) << 1) | 0;
    fabric.i32[slot + (SLOT.turn >> 2)] = turn;
    memory.i32[(4096 + (position & (count - 1)) * 16 + 8) >> 2] = turn;
  }
  fabric.i32[(ringAt(RING_INDEX) + RING.cursor) >> 2] = start | 0;
  const receiver = new Receiver(memory, place, start);
  receiver.postAll();
  return { place, receiver };
}

/** What a thread in the middle of a frame has still to do. */
type Stage = "idle" | "claimed" | "published";

/** A sender that can stop between any two steps. */
class Sender {
  readonly row: number;
  readonly claims: Claims;
  stage: Stage = "idle";
  sent = 0;

  constructor(row: number) {
    this.row = row;
    this.claims = new Claims(fabric, row);
    fabric.i32.fill(0, threadAt(row) >> 2, (threadAt(row) + THREAD.size) >> 2);
  }

  /** Does one step; the verdict where it was a claim. */
  step(): number | undefined {
    if (this.stage === "idle") {
      const verdict = this.claims.claim(RING_INDEX, memory, 8, 0);
      if (verdict === CLAIMED) this.stage = "claimed";
      return verdict;
    }
    if (this.stage === "claimed") {
      const at = this.claims.address >>> 2;
      memory.i32[at] = this.row;
      memory.i32[at + 1] = this.sent++;
      this.claims.publish(8);
      Atomics.add(memory.i32, (1024 + 4) >> 2, 1);
      this.stage = "published";
      return undefined;
    }
    this.claims.release();
    this.stage = "idle";
    return undefined;
  }

  /** Its thread ends where it is. */
  die(): number {
    const { claims } = reapThread(fabric, this.row, () => memory);
    this.stage = "idle";
    return claims;
  }
}

/** The guest, with the model: the next number of each sender, and buffers that are out. */
class Guest {
  readonly receiver: Receiver;
  readonly expected = new Map<number, number>();
  readonly held: Taken[] = [];
  empty = 0;
  total = 0;

  constructor(receiver: Receiver) {
    this.receiver = receiver;
  }

  /** Takes one, checks its number, and keeps its buffer until `post`. False: nothing there. */
  take(): boolean {
    const taken = this.receiver.take();
    if (!taken) return false;
    this.held.push(taken);
    if (taken.length === 0) {
      this.empty++;
      return true;
    }
    const sender = memory.i32[taken.address >>> 2] as number;
    const number = memory.i32[(taken.address >>> 2) + 1] as number;
    const wanted = this.expected.get(sender) ?? 0;
    if (number !== wanted) throw new Error(`sender ${sender} sent ${wanted} next, and ${number} came`);
    this.expected.set(sender, number + 1);
    this.total++;
    return true;
  }

  post(): void {
    const taken = this.held.shift();
    if (taken) this.receiver.post(taken.slot);
  }
}

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("send" as const), who: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("take" as const), who: fc.constant(0) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("post" as const), who: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("die" as const), who: fc.nat(3) }) },
);

/** Slots that a sender can have now: posted, and not in the hands of another sender. */
function freeSlots(count: number): number {
  let free = 0;
  for (let index = 0; index < count; index++) {
    const written = fabric.i32[(slotAt(RING_INDEX, index) + SLOT.turn) >> 2] as number;
    if (memory.i32[(4096 + index * 16 + 8) >> 2] === (written | 1)) free++;
  }
  return free;
}

test("several senders in every order: each frame once, each sender's in order, no buffer lost", () => {
  console.log(`claims: seed ${SEED}`);
  const size = fc.constantFrom(...SIZES);
  const run = fc.array(step, { minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(size, fc.constantFrom(...STARTS), run, (count, start, steps) => {
      const guest = new Guest(freshRing(count, start).receiver);
      const senders = [20, 21, 22, 23].map((row) => new Sender(row));
      let abandoned = 0;
      for (const { do: what, who } of steps) {
        const sender = senders[who] as Sender;
        if (what === "take") guest.take();
        else if (what === "post") guest.post();
        else if (what === "die") abandoned += sender.die();
        else if (sender.step() === FULL) {
          // Only where no free buffer is left besides those that are claimed by others.
          const claimed = senders.filter(({ stage }) => stage === "claimed").length;
          expect(freeSlots(count) - claimed, "full with a free buffer").toBeLessThanOrEqual(0);
        }
      }
      settle(guest, senders);
      expect(guest.total).toBe(senders.reduce((sum, { sent }) => sum + sent, 0));
      expect(guest.empty).toBe(abandoned);
      expect(freeSlots(count)).toBe(count);
      wholeLap(guest, senders[0] as Sender, count);
    }),
    { seed: SEED, numRuns: 150 },
  );
});

/** Everybody finishes the frame in hand; the guest takes everything and posts every buffer. */
function settle(guest: Guest, senders: readonly Sender[]): void {
  for (const sender of senders) while (sender.stage !== "idle") sender.step();
  while (guest.take()) guest.post();
  while (guest.held.length > 0) guest.post();
}

/** Afterwards each slot still serves: two laps of the ring go through. */
function wholeLap(guest: Guest, sender: Sender, count: number): void {
  let claimed = 0;
  for (let frame = 0; frame < count * 2; frame++) {
    if (sender.step() === CLAIMED) claimed++;
    settle(guest, [sender]);
  }
  expect(claimed, "claims after everything was put back").toBe(count * 2);
}

test("a sender that stops in the middle of a frame delays nobody, for many laps", () => {
  for (const start of STARTS) {
    const guest = new Guest(freshRing(16, start).receiver);
    const [stalled, other] = [new Sender(20), new Sender(21)];
    expect(stalled.step()).toBe(CLAIMED);
    for (let frame = 0; frame < 200; frame++) {
      expect(other.step()).toBe(CLAIMED);
      settle(guest, [other]);
    }
    expect(guest.total).toBe(200);
    settle(guest, [stalled]);
    expect(guest.total).toBe(201);
    expect(freeSlots(16)).toBe(16);
  }
});

test("a buffer that comes late to the guest costs nobody a frame while others are posted", () => {
  const guest = new Guest(freshRing(64, 0).receiver);
  const late = Array.from({ length: 20 }, (_, index) => new Sender(30 + index));
  const other = new Sender(21);
  for (const sender of late) expect(sender.step()).toBe(CLAIMED);
  for (let frame = 0; frame < 100; frame++) {
    expect(other.step()).toBe(CLAIMED);
    settle(guest, [other]);
  }
  for (const sender of late) while (sender.stage !== "idle") sender.step();
  // The guest has not looked since; 44 buffers are posted, 20 lie completed between them.
  for (let frame = 0; frame < 44; frame++) {
    expect(other.step(), `frame ${frame}`).toBe(CLAIMED);
    while (other.stage !== "idle") other.step();
  }
  expect(other.step()).toBe(FULL);
  settle(guest, []);
  expect(guest.total).toBe(164);
  wholeLap(guest, other, 64);
});

test("claims of a sender that is reaped come back as empty buffers", () => {
  const guest = new Guest(freshRing(16, 0).receiver);
  const senders = Array.from({ length: 16 }, (_, index) => new Sender(20 + index));
  for (const sender of senders) expect(sender.step()).toBe(CLAIMED);
  expect(new Sender(60).step()).toBe(FULL);
  for (const sender of senders) expect(sender.die()).toBe(1);
  settle(guest, []);
  expect(guest).toMatchObject({ total: 0, empty: 16 });
  wholeLap(guest, senders[0] as Sender, 16);
});

test("a buffer that is too small, one outside the memory and a forged turn are told apart", () => {
  const claims = new Claims(fabric, 20);
  const at = (4096 + 8) >> 2;
  freshRing(16, 0);
  expect(claims.claim(RING_INDEX, memory, BUFFER + 1, 0)).toBe(SMALL);
  memory.i32[4096 >> 2] = memory.byteLength - BUFFER;
  expect(claims.claim(RING_INDEX, memory, 8, 0)).toBe(CLAIMED);
  freshRing(16, 0);
  memory.i32[4096 >> 2] = memory.byteLength - BUFFER + 1;
  expect(claims.claim(RING_INDEX, memory, 8, 0)).toBe(BROKEN);
  freshRing(16, 0);
  memory.i32[4096 >> 2] = -1; // With a capacity that makes the sum wrap in 32 bits.
  memory.i32[(4096 >> 2) + 1] = 2;
  expect(claims.claim(RING_INDEX, memory, 1, 0)).toBe(BROKEN);
  for (const forged of [2, 3, -1, 0x7fffffff]) {
    freshRing(16, 0);
    memory.i32[at] = forged;
    expect(claims.claim(RING_INDEX, memory, 8, 0)).toBe(BROKEN);
  }
});
