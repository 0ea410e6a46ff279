// The table of addresses against a map, and at the end of its room.

import fc from "fast-check";
import { expect, test } from "vitest";
import { MACS_MAX, MAC_AGE_STEPS, MAC_PROBES } from "../limits.ts";
import { createFabric } from "../memory/fabric.ts";
import { ageMacs, clearMacs, forgetMacs, learnMac, lookUpMac } from "./mac-table.ts";

const SEED = Number(process.env["SEED"] ?? 20_261_123);
const { i32 } = createFabric();
const NETWORK = 3;
const mac = fc.record({ low: fc.integer({ min: 0, max: 40 }), high: fc.integer({ min: 0, max: 3 }) });
const step = fc.record({ mac, port: fc.integer({ min: 0, max: 4095 }), forget: fc.nat(20) });

test("what was learned last is found, and nothing of a port that was forgotten", () => {
  console.log(`mac-table: seed ${SEED}`);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      clearMacs(i32, NETWORK);
      const model = new Map<string, number>();
      for (const { mac: at, port, forget } of steps) {
        learnMac(i32, NETWORK, at.low, at.high, port);
        model.set(`${at.low} ${at.high}`, port);
        if (forget === 0) {
          forgetMacs(i32, NETWORK, port);
          for (const [key, owner] of model) if (owner === port) model.delete(key);
        }
      }
      for (let low = 0; low <= 40; low++) {
        for (let high = 0; high <= 3; high++) {
          expect(lookUpMac(i32, NETWORK, low, high)).toBe(model.get(`${low} ${high}`) ?? -1);
        }
      }
    }),
    { seed: SEED, numRuns: 50 },
  );
});

test("a full table learns nothing more, forgets nothing, and answers no wrong port", () => {
  clearMacs(i32, NETWORK);
  let known = 0;
  for (let n = 0; n < MACS_MAX * 3; n++) learnMac(i32, NETWORK, n * 7919, n & 0xffff, n & 4095);
  for (let n = 0; n < MACS_MAX * 3; n++) {
    const found = lookUpMac(i32, NETWORK, n * 7919, n & 0xffff);
    if (found >= 0) known++;
    expect([-1, n & 4095]).toContain(found);
  }
  expect(known).toBeLessThanOrEqual(MACS_MAX);
  expect(known).toBeGreaterThan(MACS_MAX - MACS_MAX / MAC_PROBES);
  expect(lookUpMac(i32, NETWORK + 1, 0, 0)).toBe(-1);
});

test("a silent station is forgotten after its age, one that is heard is not", () => {
  clearMacs(i32, NETWORK);
  learnMac(i32, NETWORK, 1, 1, 100);
  for (let step = 0; step < 40; step++) {
    learnMac(i32, NETWORK, 2, 2, 200);
    const silentFor = step % (MAC_AGE_STEPS + 3);
    if (silentFor === 0) learnMac(i32, NETWORK, 1, 1, 100);
    expect(lookUpMac(i32, NETWORK, 1, 1), `silent for ${silentFor} steps`).toBe(
      silentFor <= MAC_AGE_STEPS ? 100 : -1,
    );
    expect(lookUpMac(i32, NETWORK, 2, 2)).toBe(200);
    ageMacs(i32, NETWORK);
  }
});

test("addresses that one station made up leave room for others in time", () => {
  clearMacs(i32, NETWORK);
  for (let n = 0; n < MACS_MAX * 8; n++) learnMac(i32, NETWORK, n * 7919, n & 0xffff, 1);
  const others = Array.from({ length: 100 }, (_, n) => n);
  const learn = (): number => {
    for (const n of others) learnMac(i32, NETWORK, -n, 0xabc, 2);
    return others.filter((n) => lookUpMac(i32, NETWORK, -n, 0xabc) === 2).length;
  };
  expect(learn()).toBeLessThan(50);
  for (let step = 0; step <= MAC_AGE_STEPS; step++) ageMacs(i32, NETWORK);
  expect(learn()).toBe(100);
});
