// A driver that goes on with a bridge of a snapshot: in the middle of its rings, with what it was told.

import { expect, test } from "vitest";
import { BRIDGE, CHANGE, EVENT } from "../../ring/abi.ts";
import { AT, COUNT, Machine } from "./bridge.test-support.ts";
import type { SavedSlot } from "./saved.ts";

/** Sends these, and takes all that comes back. */
function round(machine: Machine, marks: readonly number[]): readonly number[] {
  for (const mark of marks) machine.send(mark);
  machine.bridge.collect();
  machine.bridge.move();
  return machine.take();
}

/** With the same devices, and what was saved: as it comes from a file. */
function again(machine: Machine): Machine {
  const saved = JSON.parse(JSON.stringify(machine.bridge.save())) as SavedSlot & { readonly kind: "bridge" };
  const next = new Machine();
  next.add(5);
  next.addDisk(6);
  machine.goOnIn(next);
  next.bridge.restore(saved);
  return next;
}

test("frames go on where they were, in both rings, before and after they were gone round", () => {
  let machine = new Machine();
  machine.add(5);
  machine.addDisk(6);
  machine.begin();
  const handle = machine.open(5);
  for (let frame = 0; frame < 3 * COUNT; frame += 5) {
    const marks = [frame, frame + 1, frame + 2, frame + 3, frame + 4];
    expect(round(machine, marks)).toEqual(marks);
    machine = again(machine);
  }
  // Nothing is told twice, and the handle is the one that it had.
  expect(machine.changes()).toEqual([]);
  expect(machine.verb(BRIDGE.close, handle)).toBe(0);
  expect(machine.verb(BRIDGE.close, handle)).toBeLessThan(0);
});

test("an interrupt that was not acknowledged, and a change that was not told, are still to be", () => {
  const machine = new Machine();
  machine.add(5);
  machine.addDisk(6);
  machine.begin();
  machine.open(5);
  machine.bridge.remove(6);
  const next = new Machine();
  next.add(5);
  machine.goOnIn(next);
  next.bridge.restore(machine.bridge.save() as SavedSlot & { readonly kind: "bridge" });
  expect(next.words[(AT.events + EVENT.changes) >>> 2]).toBe(1);
  expect([next.read(3), next.read(3)]).toEqual([1, 0]);
  expect(next.changes().map(([type, id]) => [type, id])).toEqual([[CHANGE.removed, 6]]);
  next.addDisk(6);
  expect(next.words[(AT.events + EVENT.changes) >>> 2]).toBe(2);
});

test("a card that is guarded sends what comes from its own address, and nothing else", () => {
  const machine = new Machine();
  machine.add(5);
  machine.begin();
  machine.open(5);
  const [card] = machine.bridge.cards;
  card?.guard(true);
  machine.from([2, 0, 0, 0, 0, 9]);
  expect(round(machine, [1, 2])).toEqual([]);
  machine.from([2, 0, 0, 0, 0, 5]);
  expect(round(machine, [3])).toEqual([3]);
  machine.from([2, 0, 0, 0, 0, 9]);
  card?.guard(false);
  expect(round(machine, [4])).toEqual([4]);
  // What was lost has gone from the ring all the same.
  expect(machine.free).toBe(COUNT);
});
