// A hostile kernel at the bridge: any access of its registers, and any writing into rings, blocks and
// signals, between what a network does. The PC ends with a reason or goes on; the host throws nothing else,
// writes nothing outside of the card's own memory, and a neighbour's bridge works on.

import fc from "fast-check";
import { expect, test } from "vitest";
import { PC_CARD_BYTES } from "../../limits.ts";
import { BRIDGE, BRIDGE_PART_BYTES, DESCRIPTOR, REQUEST } from "../../ring/abi.ts";
import { AT, Broken, COUNT, Machine, RAM_BYTES, REGISTER, venetRecord } from "./bridge.test-support.ts";

const ACCESSES = process.env["SLOW"] === "1" ? 1_000_000 : 20_000;
const RUN_ACCESSES = 1000;
/** Places that a driver uses, which are spoilt more often than others. */
const PLACES = [
  AT.block,
  AT.events,
  AT.tx,
  AT.rx,
  AT.tx + COUNT * 16,
  AT.rx + COUNT * 16,
  AT.buffers,
  AT.disk,
];
/** Of the second handle's first ring. */
const DISK_NUMBER = 2;
/** What stands behind the card's memory, and must stay. */
const CANARY = Buffer.alloc(65_536, 0x5a);

/** Numbers from a seed: xorshift, since a million draws are made. */
class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  below(count: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) % count;
  }

  /** Small, near something that matters, or anything. */
  word(): number {
    const kind = this.below(6);
    if (kind < 2) return this.below(20);
    if (kind === 2) return (PLACES[this.below(PLACES.length)] as number) + this.below(4) * 16;
    if (kind === 3) return RAM_BYTES - this.below(300);
    return kind === 4 ? -this.below(70) : this.below(2 ** 32) | 0;
  }
}

interface Tally {
  accesses: number;
  ended: number;
}

/** One access of the guest, or one thing that happens around it. */
function step(machine: Machine, chance: Chance): void {
  const act = chance.below(18);
  if (act < 2) machine.write(chance.below(8), chance.word());
  else if (act === 2) machine.read(chance.below(8));
  else if (act === 3) machine.verb(chance.below(6), ...Array.from({ length: 7 }, () => chance.word()));
  else if (act === 4) machine.verb(BRIDGE.call, 0, 1 + chance.below(5), chance.word(), chance.word(), 0);
  else if (act === 5) {
    const at = [AT.tx, AT.rx, chance.word()][chance.below(3)] as number;
    machine.verb(BRIDGE.shm, 1, chance.below(2), 0, at, COUNT * DESCRIPTOR.size, COUNT * DESCRIPTOR.size, 0);
  } else if (act === 6) spoil(machine, chance);
  else if (act < 11) machine.send(chance.below(256), chance.below(1600));
  else if (act === 11) machine.take();
  else if (act === 12) machine.loop.deliver(new Uint8Array(1 + chance.below(1518)));
  else if (act === 13) machine.loop.waitUs = chance.below(3) === 0 ? 100 : 0;
  else if (act === 14) machine.bridge.collect();
  else if (act > 15) ask(machine, chance);
  else machine.bridge.move();
}

/** Asks the disk for something in the slots of its ring that come first. */
function ask(machine: Machine, chance: Chance): void {
  const slot = (AT.disk + chance.below(4) * DESCRIPTOR.size) >>> 2;
  const request = AT.disk + 1024 + chance.below(4) * 64;
  machine.words.set([chance.below(5), 0, chance.below(16) * 512, 0, 512, 0, AT.buffers, 512], request >>> 2);
  const turn = ((machine.words[slot + 2] as number) & ~1) + 1;
  const parts = chance.below(8) === 0 ? chance.word() : 1;
  machine.words.set([request, REQUEST.size + parts * BRIDGE_PART_BYTES, turn], slot);
  machine.write(REGISTER.kick, DISK_NUMBER);
}

function spoil(machine: Machine, chance: Chance): void {
  const place = PLACES[chance.below(PLACES.length)] as number;
  const at = chance.below(4) === 0 ? chance.below(RAM_BYTES) : place + chance.below(64);
  machine.words[at >>> 2] = chance.word();
}

function hotPlug(machine: Machine, chance: Chance): void {
  if (chance.below(40) > 0) return;
  if (!machine.bridge.has(5)) machine.add(5);
  else if (chance.below(2) === 0) machine.bridge.change(5, venetRecord(5));
  else machine.bridge.remove(5);
}

function fresh(): Machine {
  const machine = new Machine();
  machine.loop.memory.u8.set(CANARY, PC_CARD_BYTES);
  machine.add(5);
  machine.addDisk(9);
  machine.begin();
  machine.open(5);
  machine.openDisk(9);
  return machine;
}

/** Runs a hostile kernel, which boots anew whenever it was ended. */
function attack(seed: number, tally: Tally): void {
  const chance = new Chance(seed);
  let machine = fresh();
  for (let done = 0; done < RUN_ACCESSES; done++) {
    tally.accesses++;
    try {
      step(machine, chance);
      hotPlug(machine, chance);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      tally.ended++;
      const behind = machine.loop.memory.u8.subarray(PC_CARD_BYTES, PC_CARD_BYTES + CANARY.length);
      expect(CANARY.equals(behind)).toBe(true);
      machine = fresh();
    }
  }
}

test(
  `${ACCESSES} accesses of a hostile kernel end it, or do nothing, and its neighbour goes on`,
  { timeout: 600_000 },
  () => {
    const neighbour = fresh();
    const tally = { accesses: 0, ended: 0 };
    let said = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0x7fff_ffff }), (seed) => {
        attack(seed, tally);
        neighbour.send(said);
        neighbour.bridge.collect();
        neighbour.bridge.move();
        expect(neighbour.take()).toEqual([said]);
        said = (said + 1) & 255;
      }),
      { numRuns: ACCESSES / RUN_ACCESSES, endOnFailure: true },
    );
    expect(tally.accesses).toBe(ACCESSES);
    // It must have been an attack, and not only one.
    expect(tally.ended).toBeGreaterThan(ACCESSES / 1000);
    expect(tally.ended).toBeLessThan(ACCESSES / 2);
    console.log(`bridge: ${tally.accesses} accesses, ${tally.ended} times the PC was ended`);
  },
);
