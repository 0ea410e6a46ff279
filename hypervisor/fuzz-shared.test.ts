// The guest that makes calls by chance shares its threads with the well-behaved pair. What it is refused is
// the same code as elsewhere (fuzz.test.ts); here it is unwound without its mates, and they lose nothing.

import { expect, test } from "vitest";
import { Fuzzer } from "./fuzz.test-support.ts";
import { SEED, TestLab, bootPair, endPair, pairAtRest } from "./machine-room.test-support.ts";

const COUNT = process.env["SLOW"] === "1" ? 100_000 : 1_000;

test(`${COUNT} sequences of a shared guest end nobody else on its thread`, { timeout: 600_000 }, async () => {
  const lab = new TestLab({ warm: 0, vcpu: "shared" });
  for (const n of [1, 2]) lab.plug(n);
  await bootPair(lab, { paceUs: 100 });
  const fuzzer = new Fuzzer(lab, SEED);
  try {
    await fuzzer.start();
    await fuzzer.run(COUNT);
    await fuzzer.stop();
    console.log(`SEED=${SEED}: ${fuzzer.sequences} sequences, ${fuzzer.stopped} guests stopped`);
    expect(await pairAtRest(lab)).toEqual([]);
    const { zeros } = await endPair(lab);
    expect(Object.entries(zeros).filter(([, value]) => value !== 0)).toEqual([]);
  } finally {
    await fuzzer.stop();
    await lab.close();
  }
});
