// A guest that sends much to another is given that one's memory, of which it has only the bytes at first: its
// frames go by the pump then. What says so is the sender's processor time for each.

import { afterEach, expect, test } from "vitest";
import { bootLoad, loadsWhile } from "./load.test-support.ts";
import { TestLab } from "./machine-room.test-support.ts";

const FRAMES = 400_000;

const labs: TestLab[] = [];
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.close()));
});

async function nsPerFrame(lab: TestLab, from: number, to: number): Promise<number> {
  await bootLoad(lab, from, { to, batch: 64 });
  await loadsWhile(lab, [from], to, FRAMES / 4);
  const before = lab.guest(`load${from}`).cpuMs;
  const [load] = await loadsWhile(lab, [from], to, FRAMES);
  const after = lab.guest(`load${from}`).cpuMs;
  await lab.hv.killGuest(`load${from}`);
  return ((after - before) * 1e6) / (load?.sent ?? 0);
}

const KINDS = ["dedicated", "shared"] as const;

test.each(KINDS)("a %s guest's frames are pumped to whoever it is", async (vcpu) => {
  const lab = new TestLab({ vcpu });
  labs.push(lab);
  for (const n of [1, 2, 3, 4]) lab.plug(n);
  await bootLoad(lab, 1, {}); // The first: its memory is told as it is.
  const told = await nsPerFrame(lab, 2, 1);
  await bootLoad(lab, 3, {}); // Its bytes are.
  const asked = await nsPerFrame(lab, 4, 3);
  console.log(`${vcpu}: ${told.toFixed(0)} and ${asked.toFixed(0)} ns a frame`);
  expect(asked).toBeLessThan(told * 3);
});
