// Guests and devices coming and going: who knows whom, whose port is whose, and that rows come back.

import { afterEach, expect, test } from "vitest";
import { PORTS_MAX } from "./limits.ts";
import { direction } from "./lines.test-support.ts";
import { BROADCAST, REPORT, TestLab, macOf, must } from "./machine-room.test-support.ts";
import { peer, until } from "./machine-room.test-support.ts";
import { compileImage } from "./guest/image.ts";
import { RING, WHERE, ringAt } from "./memory/layout.ts";
import { setWhere } from "./memory/threads.ts";
import { puppet } from "./puppet.test-support.ts";
import { wat } from "./wat.test-support.ts";

let lab = new TestLab({ warm: 0 });
afterEach(async () => {
  await lab.close();
});

/**
 * A guest that opens device 1 and loops: it calls nothing more, and never notices what becomes of the device.
 */
async function loops(name: string): Promise<void> {
  const bytes = await wat(`(module (import "vbus" "open" (func $open (param i32 i32) (result i32)))
    (import "env" "memory" (memory 1 1 shared))
    (func (export "main") (result i32)
      (i32.atomic.store (i32.const 64) (call $open (i32.const 1) (i32.const 1)))
      (loop $for_ever (br $for_ever)) (i32.const 0)))`);
  await lab.boot(name, 1, must(await compileImage(bytes)), 65_536);
}

test("guests that boot at the same time all know each other", async () => {
  lab = new TestLab({ warm: 4 });
  const ports = [1, 2, 3, 4, 5, 6];
  for (const n of ports) lab.plug(n);
  const puppets = await Promise.all(ports.map((n) => puppet(lab, n)));
  for (const one of puppets) await one.send({ to: BROADCAST, from: macOf(one.n), mark: one.n, length: 64 });
  for (const one of puppets) {
    expect((await one.take()).map(({ mark }) => mark)).toEqual(ports.filter((n) => n !== one.n));
  }
});

test("rows of devices that were removed under a guest come back when it is killed", async () => {
  lab = new TestLab();
  lab.plug(1);
  await loops("loop");
  must(lab.hv.removeDevice("eth1"));
  must(await lab.hv.killGuest("loop"));
  must(lab.hv.removeGuest("loop"));
  must(lab.hv.removeBus("bus1"));
  // All rows but none are there again, the one of the removed device too.
  must(lab.hv.createNetwork("many", { mtu: 1500 }));
  let added = 0;
  for (let n = 0; n <= PORTS_MAX; n++) {
    const bus = `b${n >> 7}`;
    if ((n & 127) === 0) must(lab.hv.createBus(bus));
    const vconsole = { columns: 80, rows: 25 };
    if (lab.hv.addDevice(bus, `c${n}`, { class: "vconsole", name: `c${n}`, vconsole }).ok) added++;
  }
  expect(added).toBe(PORTS_MAX);
});

test("two boots of one name at the same time: one runs, the other is refused", async () => {
  lab = new TestLab();
  lab.plug(1);
  const { image, memory } = await peer(1, { to: macOf(2), window: 0 });
  const spec = { bus: "bus1", image, args: [], env: {}, memory };
  const outcomes = await Promise.all([lab.hv.bootGuest("twin", spec), lab.hv.bootGuest("twin", spec)]);
  expect(outcomes.map(({ ok }) => ok).sort()).toEqual([false, true]);
  await until("it is ready", () => lab.report("twin", REPORT.ready) === 1);
  expect(lab.hv.guests().length).toBe(1);
});

test("a device that is opened and closed is told so, and free when its guest is gone", async () => {
  lab = new TestLab();
  const events: string[] = [];
  lab.hv.on((event) => {
    if (event.type === "device") events.push(`${event.id} ${event.open}`);
  });
  lab.plug(1);
  const { image, memory } = await peer(1, { to: macOf(2), window: 0 });
  await lab.boot("one", 1, image, memory);
  await until("its device is open", () => lab.device(1).openBy === "one");
  must(await lab.hv.stopGuest("one", 5000));
  expect(lab.device(1).openBy).toBeUndefined();
  expect(events).toEqual(["eth1 true", "eth1 false"]);
});

test("a stop that is asked before the guest has an event area reaches it when it makes one", async () => {
  lab = new TestLab();
  lab.plug(1);
  // Makes its event area late, and ends with 7 if it is asked to by then, else with 1.
  const bytes = await wat(`(module
    (import "env" "memory" (memory 1 65536 shared))
    (import "vbus" "call" (func $call (param i32 i32 i32 i32 i32) (result i32)))
    (func (export "main") (result i32) (local $i i64)
      (loop $late
        (local.set $i (i64.add (local.get $i) (i64.const 1)))
        (br_if $late (i64.lt_u (local.get $i) (i64.const 300000000))))
      (drop (call $call (i32.const 0) (i32.const 3) (i32.const 64) (i32.const 64) (i32.const 0)))
      (select (i32.const 7) (i32.const 1) (i32.load (i32.const 76)))))`);
  const image = must(await compileImage(bytes));
  await lab.boot("late", 1, image, 65_536, { ready: false });
  await lab.hv.stopGuest("late", 20_000);
  expect(lab.hv.guest("late")).toMatchObject({ state: "stopped", exit: 7 });
});

test("closing ends what is just being booted too", async () => {
  lab = new TestLab({ warm: 0 });
  lab.plug(1);
  const { image, memory } = await peer(1, { to: macOf(2), window: 1, answerers: [63], answers: false });
  const booted = lab.boot("one", 1, image, memory, { ready: false }).catch(() => undefined);
  await lab.close();
  await booted;
  expect(lab.hv.guests().map(({ state }) => state)).toEqual(["stopped"]);
});

test.each(["moved", "as it was"])(
  "who dies inside a verb may have filled rings without a signal: all look, its device being %s",
  async (what) => {
    lab = new TestLab();
    must(lab.hv.createNetwork("far", { mtu: 1500 }));
    for (const n of [1, 2]) lab.plug(n);
    lab.change(2, { impair: { ingress: direction({ delayNs: 1 }) } });
    await loops("loop");
    await puppet(lab, 2);
    const told = (): number => {
      const [rx] = lab.device(2).rings;
      return (rx?.signals ?? 0) + (rx?.suppressed ?? 0);
    };
    const line = lab.room.devices.lines.of(lab.room.devices.device("eth2")?.port ?? 0, "ingress") ?? -1;
    const toldLine = (): number => lab.room.fabric.i32[(ringAt(line * 2) + RING.sent) >> 2] as number;
    const before = [told(), toldLine()];
    if (what === "moved") lab.change(1, { network: "far" });
    // As it stands between the commit of a frame and the end of the call.
    setWhere(lab.room.fabric, lab.portOf(1).owner, WHERE.host);
    await lab.hv.killGuest("loop");
    expect([told(), toldLine()]).toEqual(before.map((count) => count + 1));
  },
);
