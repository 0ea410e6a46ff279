// Device changes as a guest is told of them: applied in order they always give what is there.

import fc from "fast-check";
import { expect, test } from "vitest";
import { CHANGE } from "../ring/abi.ts";
import { Changes } from "./changes.ts";

const SEED = Number(process.env["SEED"] ?? 20_261_123);

function notice(id: number, version: number): Parameters<Changes["put"]>[0] {
  const facts = new Uint8Array(80).fill(version & 255);
  return { id, class: 1, name: `eth${id}`, port: id, facts } as Parameters<Changes["put"]>[0];
}

/** The guest's half: applies one record to what it knows. */
function apply(known: Map<number, number>, record: Uint8Array): void {
  const view = new DataView(record.buffer);
  const [type, id] = [view.getUint32(0, true), view.getUint32(4, true)];
  if (type === CHANGE.removed) expect(known.delete(id), "removed what it knew").toBe(true);
  else {
    expect(known.has(id), "added once, changed only what it knew").toBe(type === CHANGE.changed);
    known.set(id, record[CHANGE.facts] as number);
  }
}

const step = fc.record({ id: fc.integer({ min: 1, max: 4 }), what: fc.constantFrom("put", "drop", "look") });

test("in every order of changes and looks the guest ends with what is there", () => {
  console.log(`changes: seed ${SEED}`);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const changes = new Changes();
      const [there, known] = [new Map<number, number>(), new Map<number, number>()];
      const record = new Uint8Array(CHANGE.size);
      for (const [version, { id, what }] of steps.entries()) {
        if (what === "put") {
          changes.put(notice(id, version));
          there.set(id, version & 255);
        } else if (what === "drop") {
          changes.drop(id);
          there.delete(id);
        } else if (changes.next(record)) apply(known, record);
      }
      let records = 0;
      while (changes.next(record)) {
        apply(known, record);
        expect(++records, "at most a removal and an addition each").toBeLessThanOrEqual(8);
      }
      expect(known).toEqual(there);
    }),
    { seed: SEED },
  );
});

test("a record is 128 bytes with a name cut at 32 and zeros behind", () => {
  const changes = new Changes();
  changes.put({ ...notice(7, 1), name: "n".repeat(40), facts: new Uint8Array(24).fill(9) } as Parameters<
    Changes["put"]
  >[0]);
  const record = new Uint8Array(CHANGE.size).fill(255);
  expect(changes.next(record)).toBe(true);
  expect([...record.subarray(0, 16)]).toEqual([1, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  expect(new TextDecoder().decode(record.subarray(16, 48))).toBe("n".repeat(32));
  expect([...record.subarray(48)]).toEqual([...Array<number>(24).fill(9), ...Array<number>(56).fill(0)]);
  expect(changes.next(record)).toBe(false);
});
