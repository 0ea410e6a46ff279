// Disks in the machine room, under docs/abi.md: what requests do and answer, who may write, what changes
// while a guest has one open, limits, and guests that break the protocol.

import { closeSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { DATA, DiskGuest, MEMORY, REQUEST_OP, disk, type Wish } from "./disks.test-support.ts";
import type { VolumeSpec } from "./hypervisor.ts";
import {
  DISK_QUEUES_MAX,
  RATE_WAIT_US_MAX,
  REQUEST_BYTES_MAX,
  SECTOR_BYTES,
  VOLUME_BYTES_MAX,
  VOLUME_DEPTH_MAX,
  VOLUME_MEMORY_MAX,
} from "./limits.ts";
import { TestLab, bootPair, endPair, must, pairAtRest, until } from "./machine-room.test-support.ts";
import { EFAULT, EINVAL, EIO, ENODEV, ENOENT, EPERM } from "./ring/abi.ts";

const LIMIT = { timeout: 120_000 };
const folder = mkdtempSync(path.join(tmpdir(), "vbus-disks-"));
let lab: TestLab | undefined;
let files = 0;

afterEach(async () => {
  await lab?.close();
  lab = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

const KIB = 1024;
const MIB = 1024 * KIB;
const memory = (size = MIB): VolumeSpec => ({ class: "memory", size, readonly: false });
const file = (change: Partial<VolumeSpec & { class: "file" }> = {}): VolumeSpec => {
  const name = path.join(folder, `${++files}.img`);
  return { class: "file", path: name, create: true, size: MIB, readonly: false, ...change };
};
const { read, write, flush, discard } = REQUEST_OP;

/** A lab with these volumes, a bus, and a disk of each on it, devices 1, 2, ... */
async function labWith(...volumes: readonly VolumeSpec[]): Promise<TestLab> {
  lab = new TestLab();
  must(lab.hv.createBus("bus"));
  for (const [index, spec] of volumes.entries()) {
    must(await lab.hv.createVolume(`v${index + 1}`, spec));
    must(lab.hv.addDevice("bus", `d${index + 1}`, disk(`d${index + 1}`, `v${index + 1}`)));
  }
  return lab;
}

test("what is written is read back, and each request is counted", LIMIT, async () => {
  const room = await labWith(memory(), file());
  const guest = await DiskGuest.boot(room, "a", "bus");
  for (const device of [1, 2]) {
    expect(await guest.open(device)).toBe(device - 1);
    guest.u8.fill(7, DATA, DATA + 4 * KIB);
    expect(await guest.request({ op: write, offset: 512, length: 4 * KIB })).toBe(0);
    guest.u8.fill(0, DATA, DATA + 4 * KIB);
    expect(await guest.request({ op: read, offset: 512, length: 4 * KIB })).toBe(0);
    expect(guest.u8.subarray(DATA, DATA + 4 * KIB).every((byte) => byte === 7)).toBe(true);
    expect(await guest.request({ op: flush })).toBe(0);
    expect(await guest.request({ op: discard, offset: 512, length: 512 })).toBe(0);
    const requests = { reads: 1, writes: 1, flushes: 1, discards: 1 };
    const tx = { count: 4, bytes: 8 * KIB + 512, dropped: 0 };
    expect(room.hv.device(`d${device}`)).toMatchObject({ class: "vblk", requests, tx });
    expect(room.hv.volume(`v${device}`)).toMatchObject({
      reads: 1,
      writes: 1,
      flushes: 1,
      discards: 1,
      writer: `d${device}`,
    });
  }
});

const BAD: readonly [string, Wish, number][] = [
  ["an operation that there isn't", { op: 4, length: 512 }, EINVAL],
  ["a negative one", { op: -1, length: 512 }, EINVAL],
  ["no bytes", { op: read }, EINVAL],
  ["a part of a sector", { op: read, length: 100 }, EINVAL],
  ["an offset inside a sector", { op: write, offset: 1, length: 512 }, EINVAL],
  ["the sector behind the last", { op: read, offset: MIB, length: 512 }, EINVAL],
  ["over the end", { op: write, offset: MIB - 512, length: 1024 }, EINVAL],
  ["an offset of all ones", { op: write, offset: 2 ** 64 - 2 ** 12, length: 512 }, EINVAL],
  ["an offset over 2^52", { op: read, offset: 2 ** 53, length: 512 }, EINVAL],
  ["more than one request takes", { op: read, length: REQUEST_BYTES_MAX + 512 }, EINVAL],
  ["length 0xfffffe00", { op: read, length: 0xfffffe00 }, EINVAL],
  ["a flush with a length", { op: flush, length: 512 }, EINVAL],
  ["data that end behind the memory", { op: read, length: 512, address: MEMORY - 511 }, EFAULT],
  ["data that begin behind it", { op: write, length: 512, address: 0xffffff00 }, EFAULT],
];

test("requests that can't be are refused, counted, and harm nothing", LIMIT, async () => {
  const room = await labWith(memory());
  const guest = await DiskGuest.boot(room, "a", "bus");
  await guest.open(1);
  for (const [what, wish, status] of BAD) {
    expect(await guest.request(wish), what).toBe(status);
    expect(await guest.request({ op: read, length: 512 }), what).toBe(0);
  }
  const count = BAD.length;
  expect(room.hv.device("d1")?.tx).toMatchObject({ count, dropped: count, droppedBy: { malformed: count } });
});

test.each<[string, (guest: DiskGuest) => void, RegExp]>([
  ["a turn that jumps", (guest) => (guest.i32[(guest.descriptor() + 8) >> 2] = 99), /ownership turn/],
  [
    "a request outside its memory",
    (guest) => guest.i32.set([MEMORY - 16, 24, 1], guest.descriptor() >> 2),
    /outside the guest's memory/,
  ],
  [
    "a request at an odd place",
    (guest) => guest.i32.set([4, 24, 1], guest.descriptor() >> 2),
    /names no request/,
  ],
  [
    "a request of another length",
    (guest) => guest.i32.set([8, 32, 1], guest.descriptor() >> 2),
    /names no request/,
  ],
])("%s stops the guest, and nobody else", LIMIT, async (_, breakIt, reason) => {
  const room = await labWith(memory());
  for (const n of [1, 2]) room.plug(n);
  await bootPair(room);
  const guest = await DiskGuest.boot(room, "bad", "bus");
  await guest.open(1);
  breakIt(guest);
  guest.begin({ verb: "signal", args: [0] });
  expect(await room.ended("bad")).toMatchObject({
    state: "quarantined",
    reason: expect.stringMatching(reason),
  });
  expect(await pairAtRest(room)).toEqual([]);
  const { zeros } = await endPair(room);
  expect(Object.entries(zeros).filter(([, value]) => value !== 0)).toEqual([]);
  const next = await DiskGuest.boot(room, "good", "bus");
  expect(await next.open(1)).toBe(0);
});

test("queues are worked off each by itself, and there are as many as the device says", LIMIT, async () => {
  const room = await labWith(memory());
  must(room.hv.setDevice("d1", disk("d1", "v1", { queues: 2 })));
  const guest = await DiskGuest.boot(room, "a", "bus");
  expect(await guest.open(1, 1)).toBe(32);
  expect(await guest.request({ op: read, length: 512 }, 1)).toBe(0);
  const third = { verb: "shm", args: [1, 2, 0, 16_384, 256, 256, 0] } as const;
  expect(await guest.do(third)).toEqual([ENOENT]);
});

test(
  "one device writes to a volume, others read, and nobody writes to the base of an overlay",
  LIMIT,
  async () => {
    const room = await labWith(memory());
    const { hv } = room;
    expect(hv.addDevice("bus", "second", disk("second", "v1"))).toMatchObject({ refusal: { code: "busy" } });
    must(hv.addDevice("bus", "reader", disk("reader", "v1", { readonly: true })));
    const top: VolumeSpec = { class: "overlay", base: "v1", path: path.join(folder, "top"), readonly: false };
    expect(await hv.createVolume("top", top)).toMatchObject({ refusal: { code: "busy" } });
    must(hv.setDevice("d1", disk("d1", "v1", { readonly: true })));
    must(await hv.createVolume("top", top));
    expect(hv.setDevice("d1", disk("d1", "v1"))).toMatchObject({ refusal: { code: "busy" } });
    expect(hv.removeVolume("v1")).toMatchObject({ refusal: { code: "busy" } });
    const guest = await DiskGuest.boot(room, "a", "bus");
    await guest.open(2);
    expect(await guest.request({ op: write, length: 512 })).toBe(EPERM);
    expect(await guest.request({ op: flush })).toBe(0);
    expect(await guest.request({ op: read, length: 512 })).toBe(0);
  },
);

test("a disk becomes read-only and back while it is open", LIMIT, async () => {
  const room = await labWith(memory());
  const guest = await DiskGuest.boot(room, "a", "bus");
  await guest.open(1);
  const wish: Wish = { op: write, offset: 512, length: 512 };
  guest.u8.fill(3, DATA, DATA + 512);
  expect(await guest.request(wish)).toBe(0);
  must(room.hv.setDevice("d1", disk("d1", "v1", { readonly: true })));
  guest.u8.fill(4, DATA, DATA + 512);
  expect(await guest.request(wish)).toBe(EPERM);
  expect(await guest.request({ ...wish, op: discard })).toBe(EPERM);
  expect(await guest.request({ ...wish, op: read })).toBe(0);
  expect(guest.u8[DATA]).toBe(3);
  // Who may not write leaves the place to another, and doesn't come back meanwhile.
  must(room.hv.addDevice("bus", "other", disk("other", "v1")));
  expect(room.hv.setDevice("d1", disk("d1", "v1"))).toMatchObject({ refusal: { code: "busy" } });
  must(room.hv.removeDevice("other"));
  must(room.hv.setDevice("d1", disk("d1", "v1")));
  expect(await guest.request(wish)).toBe(0);
});

test("a volume grows under an open disk, and becomes read-only and back", LIMIT, async () => {
  const [one, two] = [memory(), file()];
  const room = await labWith(one, two);
  const guest = await DiskGuest.boot(room, "a", "bus");
  for (const [device, spec] of [one, two].entries()) {
    expect(await guest.open(device + 1)).toBe(device);
    const last: Wish = { op: write, offset: 2 * MIB - 512, length: 512 };
    expect(await guest.request(last)).toBe(EINVAL);
    must(room.hv.setVolume(`v${device + 1}`, { ...spec, size: 2 * MIB }));
    expect(await guest.request(last)).toBe(0);
    must(room.hv.setVolume(`v${device + 1}`, { ...spec, size: 2 * MIB, readonly: true }));
    expect(await guest.request(last)).toBe(EPERM);
    must(room.hv.setVolume(`v${device + 1}`, { ...spec, size: 2 * MIB }));
    expect(await guest.request(last)).toBe(0);
    const smaller = room.hv.setVolume(`v${device + 1}`, spec);
    expect(smaller).toMatchObject({ refusal: { code: "invalid" } });
  }
  expect(statSync((two as { readonly path: string }).path).size).toBe(2 * MIB);
});

test("what a volume can't be is refused, with the reason", LIMIT, async () => {
  const spec = file();
  const room = await labWith(spec);
  const { hv } = room;
  expect(await hv.createVolume("twice", spec)).toMatchObject({
    refusal: { message: "volume `v1` has this file open" },
  });
  expect(await hv.createVolume("v1", memory())).toMatchObject({ refusal: { code: "exists" } });
  expect(await hv.createVolume("odd", memory(1000))).toMatchObject({ refusal: { code: "invalid" } });
  expect(await hv.createVolume("huge", memory(2 ** 40))).toMatchObject({ refusal: { code: "invalid" } });
  expect(await hv.createVolume("o", { class: "overlay", base: "none", readonly: false })).toMatchObject({
    refusal: { code: "missing" },
  });
  expect(await hv.createVolume("o", { class: "overlay", base: "v1", readonly: false })).toMatchObject({
    refusal: { code: "busy" },
  });
  must(hv.removeDevice("d1"));
  expect(await hv.createVolume("o", { class: "overlay", base: "v1", readonly: false })).toMatchObject({
    refusal: { message: expect.stringContaining("say where it is kept (`path`)") },
  });
  must(hv.removeVolume("v1"));
  must(await hv.createVolume("again", spec));
});

test(
  "a disk that is taken away answers ENODEV, and its file is closed when nobody is in it",
  LIMIT,
  async () => {
    const spec = file();
    const room = await labWith(spec);
    const guest = await DiskGuest.boot(room, "a", "bus");
    await guest.open(1);
    expect(await guest.request({ op: read, length: 512 })).toBe(0);
    must(room.hv.removeDevice("d1"));
    must(room.hv.removeVolume("v1"));
    // Its guest sleeps and has not heard of it: the file is still open, and not given to another volume.
    const again = await room.hv.createVolume("v1", spec);
    expect(again).toMatchObject({ refusal: { message: "volume `v1` has this file open" } });
    guest.post({ op: write, length: 512 });
    expect(await guest.signal()).toEqual([ENODEV]);
    await until("the guest has let go", () => room.room.devices.volumes.closingCount === 0);
    must(await room.hv.createVolume("v1", spec));
  },
);

test.each([
  ["requests a second", { iops: 1 }, 512],
  ["bits a second", { rate: 1000 }, MIB],
])("a limit of %s lets the guest wait, and nothing is lost", LIMIT, async (_, limit, length) => {
  const room = await labWith(memory(4 * MIB));
  must(room.hv.setDevice("d1", disk("d1", "v1", limit)));
  const guest = await DiskGuest.boot(room, "a", "bus", 4 * MIB);
  await guest.open(1);
  const wish: Wish = { op: read, length, address: 2 * MIB };
  const [first, second] = [guest.post(wish), guest.post(wish)];
  const [answer = 0] = (await guest.signal()).slice(-1);
  expect(answer).toBeGreaterThan(RATE_WAIT_US_MAX / 2);
  expect([guest.status(first), guest.status(second)]).toEqual([0, 1]);
  must(room.hv.setDevice("d1", disk("d1", "v1")));
  expect((await guest.signal()).at(-1)).toBe(0);
  expect(guest.status(second)).toBe(0);
  expect(room.hv.device("d1")?.requests?.reads).toBe(2);
});

test(
  "a guest that is ended in the middle of its writes leaves a disk that the next one opens",
  LIMIT,
  async () => {
    const base = file();
    const room = await labWith(base);
    must(room.hv.removeDevice("d1"));
    const top: VolumeSpec = {
      class: "overlay",
      base: "v1",
      path: path.join(folder, "killed"),
      readonly: false,
    };
    must(await room.hv.createVolume("top", top));
    must(room.hv.addDevice("bus", "d1", disk("d1", "top")));
    for (let turn = 0; turn < 10; turn++) {
      const guest = await DiskGuest.boot(room, `g${turn}`, "bus");
      expect(await guest.open(1)).toBe(0);
      guest.u8.fill(turn + 1, DATA, DATA + 64 * KIB);
      for (let n = 0; n < 15; n++) guest.post({ op: write, offset: n * 64 * KIB, length: 64 * KIB });
      guest.begin(...Array.from({ length: 8 }, () => ({ verb: "signal", args: [0] }) as const));
      await room.hv.killGuest(`g${turn}`);
      expect(room.hv.device("d1")).not.toHaveProperty("openBy");
    }
    const last = await DiskGuest.boot(room, "last", "bus");
    await last.open(1);
    expect(await last.request({ op: flush })).toBe(0);
    for (let n = 0; n < 15; n++) {
      expect(await last.request({ op: read, offset: n * 64 * KIB, length: 64 * KIB })).toBe(0);
      const seen = new Set(last.u8.subarray(DATA, DATA + 64 * KIB));
      expect([...seen].every((byte) => byte <= 10)).toBe(true);
    }
    expect(room.hv.volume("v1")).toMatchObject({ writes: 0 });
  },
);

test("a guest that is paused among its requests stands still after one, and goes on", LIMIT, async () => {
  const room = await labWith(file({ size: 16 * MIB }));
  const guest = await DiskGuest.boot(room, "a", "bus");
  await guest.open(1);
  for (let turn = 0; turn < 5; turn++) {
    const posted = Array.from({ length: 15 }, (_, n) =>
      guest.post({ op: write, offset: n * 64 * KIB, length: 64 * KIB }),
    );
    guest.begin(...Array.from({ length: 4 }, () => ({ verb: "signal", args: [0] }) as const));
    must(await room.hv.pauseGuest("a"));
    const done = room.hv.volume("v1")?.writes;
    must(room.hv.setDevice("d1", disk("d1", "v1", { queues: 1 + turn })));
    expect(guest.facts.state).toBe("paused");
    expect(room.hv.volume("v1")?.writes).toBe(done);
    must(room.hv.resumeGuest("a"));
    await until("the calls are made", () => guest.done, 60_000);
    expect(posted.map((at) => guest.status(at)).every((status) => status === 0)).toBe(true);
  }
  expect(room.hv.volume("v1")?.writes).toBe(5 * 15);
});

test("volumes, queues and requests within their bounds, and no more", LIMIT, async () => {
  const room = await labWith(memory(4 * MIB));
  const { hv } = room;
  const refused = { ok: false };
  for (const size of [0, SECTOR_BYTES - 1, SECTOR_BYTES + 1, VOLUME_MEMORY_MAX + SECTOR_BYTES])
    expect(await hv.createVolume("odd", memory(size)), String(size)).toMatchObject(refused);
  must(await hv.createVolume("least", memory(SECTOR_BYTES)));
  must(await hv.createVolume("most", memory(VOLUME_MEMORY_MAX)));
  const longer = file({ size: VOLUME_BYTES_MAX + SECTOR_BYTES });
  expect(await hv.createVolume("longer", longer)).toMatchObject(refused);
  must(await hv.createVolume("longest", file({ size: VOLUME_BYTES_MAX })));
  for (let depth = 1; depth < VOLUME_DEPTH_MAX; depth++) {
    const base = depth === 1 ? "longest" : `o${depth - 1}`;
    const top: VolumeSpec = { class: "overlay", base, path: path.join(folder, `o${depth}`), readonly: false };
    must(await hv.createVolume(`o${depth}`, top));
  }
  const [base, deepest] = [`o${VOLUME_DEPTH_MAX - 1}`, path.join(folder, "deepest")];
  const tooDeep: VolumeSpec = { class: "overlay", base, path: deepest, readonly: false };
  expect(await hv.createVolume("deepest", tooDeep)).toMatchObject({ refusal: { code: "limit" } });
  for (const queues of [0, DISK_QUEUES_MAX + 1, 1.5])
    expect(hv.setDevice("d1", disk("d1", "v1", { queues }))).toMatchObject(refused);
  must(hv.setDevice("d1", disk("d1", "v1", { queues: DISK_QUEUES_MAX })));
  const guest = await DiskGuest.boot(room, "a", "bus", 4 * MIB);
  await guest.open(1);
  const request = (length: number): Promise<number> => guest.request({ op: read, length, address: 2 * MIB });
  expect(await request(REQUEST_BYTES_MAX - SECTOR_BYTES)).toBe(0);
  expect(await request(REQUEST_BYTES_MAX)).toBe(0);
  expect(await request(REQUEST_BYTES_MAX + SECTOR_BYTES)).toBe(EINVAL);
  // The deepest chain that there may be, to its end.
  must(hv.addDevice("bus", "far", disk("far", base)));
  const far = await DiskGuest.boot(room, "b", "bus", 4 * MIB);
  await far.open(2);
  const last = VOLUME_BYTES_MAX - SECTOR_BYTES;
  for (const op of [read, write, read])
    expect(await far.request({ op, offset: last, length: SECTOR_BYTES })).toBe(0);
});

test("storage that fails is an error of the request, counted, and the guest goes on", LIMIT, async () => {
  const spec = file();
  const room = await labWith(spec);
  const volume = room.room.devices.volumes.all.get("v1");
  const fd = openSync((spec as { readonly path: string }).path, "r");
  if (volume) volume.notice = { class: "file", size: MIB, fd };
  must(room.hv.setVolume("v1", spec));
  const guest = await DiskGuest.boot(room, "a", "bus");
  await guest.open(1);
  expect(await guest.request({ op: write, length: 512 })).toBe(EIO);
  expect(await guest.request({ op: read, length: 512 })).toBe(0);
  expect(room.hv.device("d1")?.tx).toMatchObject({ count: 1, dropped: 1, droppedBy: { failed: 1 } });
  closeSync(fd);
});
