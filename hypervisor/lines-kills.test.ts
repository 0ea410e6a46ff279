// Guests that end at random moments while their frames are in lines, links that change meanwhile, and devices
// that go with frames on their way: every sum agrees, no claim is left, and no row is lost.

import { expect, test } from "vitest";
import type { ImpairmentSpec } from "./hypervisor.ts";
import { PORTS_MAX } from "./limits.ts";
import { anyImpairment, direction, endedOf, waiting } from "./lines.test-support.ts";
import {
  BROADCAST,
  REPORT,
  SEED,
  TestLab,
  macOf,
  must,
  peer,
  randomOf,
} from "./machine-room.test-support.ts";
import { until } from "./machine-room.test-support.ts";

const KILLS = 100;
/** Frames that a sender has between their commit and its own count, at most. */
const BATCH = 32;
const PORTS = [1, 2, 3, 4];

test(
  "senders and receivers ended at random moments, with lines on both sides",
  { timeout: 300_000 },
  async () => {
    console.log(`lines-kills: seed ${SEED}`);
    const random = randomOf(SEED);
    const lab = new TestLab({ warm: 4 });
    try {
      for (const n of PORTS) lab.plug(n, { ...impairOf(anyImpairment(random)) });
      const targets = [macOf(2), macOf(3), BROADCAST, macOf(1)];
      const images = await Promise.all(
        PORTS.map((n, index) =>
          peer(n, {
            to: targets[index] ?? [],
            window: 2 ** 30,
            answerers: [63],
            lengthMask: 0x3ff,
            paceUs: 200,
          }),
        ),
      );
      const boot = async (n: number): Promise<void> => {
        const { image, memory } = images[n - 1] as (typeof images)[number];
        must(await lab.hv.bootGuest(`x${n}`, { bus: `bus${n}`, image, memory, args: [], env: {} }));
      };
      for (const n of PORTS) await boot(n);
      const taken = new Map<number, number>();
      for (let kill = 0; kill < KILLS; kill++) {
        const n = 1 + Math.floor(random() * PORTS.length);
        await new Promise((resolve) => setTimeout(resolve, random() * 8));
        lab.change(1 + Math.floor(random() * PORTS.length), { impair: anyImpairment(random) });
        must(await lab.hv.killGuest(`x${n}`));
        taken.set(n, (taken.get(n) ?? 0) + takenFrom(lab, `x${n}`));
        await boot(n);
      }
      for (const n of PORTS) {
        must(await lab.hv.killGuest(`x${n}`));
        taken.set(n, (taken.get(n) ?? 0) + takenFrom(lab, `x${n}`));
      }
      await until("nothing waits", () => waiting(lab, PORTS) === 0);
      expect(lab.openClaims()).toEqual([]);
      for (const n of PORTS) {
        expect(lab.portOf(n)).toEqual({ owner: 0, ring: -1 });
        // What was published for a sender that was ended before it was given its descriptors back is counted
        // too.
        const more = endedOf(lab, n) - (taken.get(n) ?? 0);
        expect(more, `frames of port ${n} that ended, beside those it was given back`).toBeGreaterThanOrEqual(
          0,
        );
        expect(more).toBeLessThanOrEqual(lab.reaped.length * BATCH);
      }
      const { received, accounted } = lab.sums(PORTS);
      expect(received).toBe(accounted);
      expect(received).toBeGreaterThan(1000);
      const inHost = lab.reaped.filter((reaped) => reaped.inHost).length;
      const claiming = lab.reaped.filter((reaped) => reaped.claims > 0).length;
      console.log(`lines-kills: ${received} frames, ${inHost} ended in host code, ${claiming} with claims`);
    } finally {
      await lab.close();
    }
  },
);

function impairOf(impair: ImpairmentSpec | undefined): { impair?: ImpairmentSpec } {
  return impair ? { impair } : {};
}

/**
 * Frames that the host took from a guest that has ended: descriptors of its sending ring that were given
 * back.
 */
function takenFrom(lab: TestLab, id: string): number {
  const memory = lab.room.guests.memoryOf(id);
  if (!memory) throw new Error(`no guest ${id}`);
  const [at, slots] = [20_480, 256];
  let most = 0;
  for (let slot = 0; slot < slots; slot++) {
    const descriptor = (at + slot * 16) >> 2;
    const turn = (memory.i32[descriptor + 2] as number) >>> 0;
    // Never used, or in the host's hands: then it was given back a lap ago, if at all.
    if (memory.i32[descriptor] === 0 || (turn & 1) === 1 || (turn === 0 && slot > 0)) continue;
    most = Math.max(most, (turn >>> 1) + 1);
  }
  return most;
}

test("a device that goes takes what is on its way with it, and its rows come back", async () => {
  const lab = new TestLab();
  try {
    lab.plug(2);
    const impair = { egress: direction({ delayNs: 3600e9 }), ingress: direction({ delayNs: 3600e9 }) };
    for (let turn = 0; turn < 5; turn++) {
      lab.plug(1, { impair });
      const { image, memory } = await peer(1, { to: macOf(2), window: 50, answerers: [2] });
      await lab.boot("a", 1, image, memory);
      await until("frames wait for an hour", () => lab.device(1).egress?.waiting === 50);
      must(lab.hv.removeDevice("eth1"));
      must(await lab.hv.killGuest("a"));
      must(lab.hv.removeGuest("a"));
      must(lab.hv.removeBus("bus1"));
    }
    expect(lab.device(2).rx.count).toBe(0);
    lab.plug(3);
    // All rows but those of devices 2 and 3 are there again, those of the lines too.
    const free = (): number => {
      let added = 0;
      const vconsole = { columns: 80, rows: 25 };
      for (let n = 0; n <= PORTS_MAX; n++) {
        const bus = `b${n >> 7}`;
        if ((n & 127) === 0) must(lab.hv.createBus(bus));
        if (lab.hv.addDevice(bus, `c${n}`, { class: "vconsole", name: `c${n}`, vconsole }).ok) added++;
      }
      return added;
    };
    await new Promise((resolve) => setTimeout(resolve, 200)); // The I/O thread's answers.
    expect(free()).toBe(PORTS_MAX - 2);
    expect(lab.openClaims()).toEqual([]);
  } finally {
    await lab.close();
  }
});

test("a receiver that breaks the protocol behind a line is stopped, and other lines go on", async () => {
  const lab = new TestLab();
  try {
    for (const n of [1, 2, 3]) lab.plug(n, { impair: { egress: direction({ delayNs: 1e6 }) } });
    const receiver = await peer(2, { to: macOf(1), window: 0, answers: false });
    await lab.boot("hostile", 2, receiver.image, receiver.memory);
    const sender = await peer(1, { to: macOf(2), window: 8, answerers: [2] });
    const memory = lab.room.guests.memoryOf("hostile");
    // A turn that can't be, in every descriptor of its receiving ring: as if it had written it itself.
    for (let slot = 0; slot < 256; slot++) if (memory) memory.i32[(4096 + slot * 16 + 8) >> 2] = 12_345;
    await lab.boot("a", 1, sender.image, sender.memory);
    expect((await lab.ended("hostile")).state).toBe("quarantined");
    expect(lab.guest("hostile").reason).toMatch(/receiving ring/);
    const other = await peer(3, { to: macOf(1), window: 4, answerers: [1] });
    await lab.boot("c", 3, other.image, other.memory);
    await until("others are answered through their lines", () => lab.report("c", REPORT.answered) > 20);
    expect(lab.guest("a").state).toBe("running");
  } finally {
    await lab.close();
  }
});
