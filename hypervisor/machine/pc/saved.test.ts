// What comes back from a snapshot is what a hostile guest might have written: registers, queues and rings
// that can't be are refused, and those that can go on.

import { expect, test } from "vitest";
import { Bridge } from "./bridge.ts";
import { Emulator, type VirtioRegisters } from "./emulator.ts";
import { emulatorModule } from "./emulator-package.ts";
import { readParts, WrongSnapshot, type SavedRegisters, type SavedSlot } from "./saved.ts";
import { restoreRegisters, saveRegisters } from "./virtio-state.ts";

const MEMORY = 16 * 2 ** 20;

/** v86 without anything to boot, and a device with two queues in it. */
async function machine(): Promise<{ readonly emulator: Emulator; readonly device: VirtioRegisters }> {
  const bios = new Uint8Array(65_536).fill(0xf4);
  const [kernel, initrd, media] = [undefined, undefined, undefined];
  const hardware = { memoryBytes: MEMORY, bios, vgaBios: bios, kernel, initrd, commandLine: "", media };
  const emulator = await Emulator.start(hardware, emulatorModule());
  const queue = { size: 64, kick: () => undefined };
  const device = emulator.addVirtio({
    name: "test",
    type: 1,
    queues: [queue, queue],
    features: [5, 32],
    fields: [["x", 4, () => 0]],
    driverReset: () => undefined,
  });
  return { emulator, device };
}

const broken = (): never => {
  throw new Error("broken");
};

test("a device, and what waits in a serial port, go on in another machine", async () => {
  const [from, to] = [await machine(), await machine()];
  from.emulator.restoreInput(1, Uint8Array.of(9, 8));
  const saved = saveRegisters(from.device);
  const changed: SavedRegisters = {
    ...saved,
    values: saved.values.with(5, 15).with(8, 1),
    features: saved.features.with(0, 32),
    queues: [
      saved.queues[0]?.with(0, 32).with(2, 1).with(4, 0x1000) as number[],
      saved.queues[1] as number[],
    ],
  };
  restoreRegisters(to.device, changed);
  to.emulator.restoreInput(1, from.emulator.inputOf(1));
  expect([...to.emulator.inputOf(1)]).toEqual([9, 8]);
  expect(saveRegisters(to.device)).toEqual(changed);
  expect(to.device.queues[0]).toMatchObject({ size: 32, enabled: true, desc_addr: 0x1000 });
  expect([to.device.device_status, to.device.is_feature_negotiated(5)]).toEqual([15, true]);
});

test("registers that no driver could have made so are refused", async () => {
  const { device } = await machine();
  const saved = saveRegisters(device);
  const queues = (index: number, value: number): SavedRegisters => ({
    ...saved,
    queues: saved.queues.map((queue) => queue.with(index, value)),
  });
  for (const wrong of [
    queues(0, 128),
    queues(0, 33),
    queues(0, 0),
    queues(1, 128),
    queues(3, 1000),
    { ...saved, queues: saved.queues.slice(1) },
    { ...saved, features: saved.features.with(0, 1 << 6) },
    { ...saved, features: [] },
    { ...saved, values: saved.values.slice(1) },
    { ...saved, values: saved.values.with(5, 256) },
  ])
    expect(() => restoreRegisters(device, wrong)).toThrow(WrongSnapshot);
  expect(saveRegisters(device)).toEqual(saved);
});

test("parts of a file are looked at before they are used", () => {
  const good = { slots: [], inputs: [[], []], agent: { line: [], last: 3 } };
  expect(readParts(JSON.stringify(good))).toEqual(good);
  const registers = { values: [], features: [], queues: [] };
  const card = { kind: "card", id: 1, registers, places: [[1, 2, 3]] };
  expect(readParts(JSON.stringify({ ...good, slots: [card] })).slots).toEqual([card]);
  for (const wrong of [
    "",
    "null",
    "[]",
    JSON.stringify({ ...good, agent: undefined }),
    JSON.stringify({ ...good, inputs: [[]] }),
    JSON.stringify({ ...good, inputs: [["x"], []] }),
    JSON.stringify({ ...good, slots: [null] }),
    JSON.stringify({ ...good, slots: [{ ...card, kind: "toString" }] }),
    JSON.stringify({ ...good, slots: [{ ...card, places: [[1, 2]] }] }),
    JSON.stringify({ ...good, slots: [{ ...card, id: 1.5 }] }),
    JSON.stringify({ ...good, slots: [{ ...card, id: 2 ** 40 }] }),
    JSON.stringify({ ...good, slots: Array.from({ length: 257 }, () => card) }),
  ])
    expect(() => readParts(wrong), wrong).toThrow(WrongSnapshot);
});

test("a bridge goes on with what it has told; one that could not be is refused", async () => {
  const slot: SavedSlot & { readonly kind: "bridge" } = {
    kind: "bridge",
    events: 0x1000,
    changes: 7,
    features: 4,
    raised: true,
    handles: [0],
    told: [{ id: 9, class: 1, known: true, dirty: false, stale: true }],
    devices: [],
  };
  const fresh = async (): Promise<Bridge> => {
    const { emulator } = await machine();
    return new Bridge({ emulator, broken, count: () => undefined });
  };
  const bridge = await fresh();
  bridge.restore(slot);
  expect(bridge.save()).toEqual(slot);
  const { features: _none, ...older } = slot;
  const second = await fresh();
  second.restore({ ...older });
  expect(second.save()).toEqual({ ...slot, features: 0 });
  for (const wrong of [
    { ...slot, events: MEMORY - 4 },
    { ...slot, events: -5 },
    { ...slot, events: 0x1004 },
    { ...slot, handles: [3] },
    { ...slot, handles: Array.from({ length: 100 }, () => 0) },
    { ...slot, devices: [{ id: 3, opened: true, rings: [] }] },
  ])
    await expect(fresh().then((each) => each.restore(wrong))).rejects.toThrow(WrongSnapshot);
});
