// Who sends little is heard beside those who send without end, with real guests.

import { afterEach, expect, test } from "vitest";
import { bootLoad, loadsWhile, type Load } from "./load.test-support.ts";
import { TestLab } from "./machine-room.test-support.ts";

const RECEIVER = 1;
/** Turns for each frame: some 20 microseconds, where nobody else is on the core. */
const WORK = 20_000;

const labs: TestLab[] = [];
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.close()));
});

test.each([1, 3])(
  "beside %i floods a sender of 100 frames a second loses next to nothing",
  async (floods) => {
    const lab = new TestLab();
    labs.push(lab);
    const ports = [3, 4, 5].slice(0, floods);
    for (const n of [RECEIVER, 2, ...ports]) lab.plug(n);
    await bootLoad(lab, RECEIVER, { work: WORK });
    for (const n of ports) await bootLoad(lab, n, { to: RECEIVER, batch: 8 * n });
    await loadsWhile(lab, [3], RECEIVER, 10_000);
    await bootLoad(lab, 2, { to: RECEIVER, paceUs: 10_000 });
    const [paced, ...others] = await loadsWhile(lab, [2, 3, ...ports.slice(1)], RECEIVER, 150);
    const { sent, lost } = paced as Load;
    expect(lost / sent).toBeLessThan(0.1);
    for (const flood of others) expect(flood.lost / flood.sent).toBeGreaterThan(0.3);
  },
);
