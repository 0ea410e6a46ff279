// Every bound of the machine room, at it and beyond. A new one needs a row here, or the test that has it.

import { existsSync, readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { compileImage } from "./guest/image.ts";
import type { DeviceSpec, Outcome } from "./hypervisor.ts";
import * as limits from "./limits.ts";
import { ELSEWHERE, NOT_MET } from "./limits-rows.test-support.ts";
import { BROADCAST, TestLab, must, shapeOf } from "./machine-room.test-support.ts";
import { sendersMax } from "./ring/lanes.ts";
import { guestImage, memoryOf, wat } from "./wat.test-support.ts";

const labs: TestLab[] = [];
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.close()));
});

function open(): TestLab["hv"] {
  labs.push(new TestLab({ mtu: 1500, warm: 0 }));
  return (labs.at(-1) as TestLab).hv;
}

const venet = (network: string, n: number): DeviceSpec => ({
  class: "venet",
  name: `eth${n}`,
  venet: {
    network,
    mac: `02:00:00:00:${(n >> 8).toString(16).padStart(2, "0")}:${(n & 255).toString(16).padStart(2, "0")}`,
    ip: "10.0.0.1",
    prefix: 8,
    gateway: "10.0.0.2",
    mtu: 1500,
    ring: 64,
    link: "up",
  },
});

const code = (outcome: Outcome<unknown>): string => (outcome.ok ? "taken" : outcome.refusal.code);
const words = (outcome: Outcome<unknown>): string => (outcome.ok ? "taken" : outcome.refusal.message);

/** Adds so many devices, as many to a bus as it takes. */
function addDevices(hv: TestLab["hv"], count: number, networkOf: (n: number) => string): Outcome {
  let last: Outcome = { ok: true, value: undefined };
  for (let n = 0; n < count; n++) {
    const bus = `bus${Math.floor(n / limits.BUS_DEVICES_MAX)}`;
    if (n % limits.BUS_DEVICES_MAX === 0) must(hv.createBus(bus));
    last = hv.addDevice(bus, `d${n}`, venet(networkOf(n), n));
    if (!last.ok) return last;
  }
  return last;
}

test("networks: as many as there are rows, and one more when one goes", () => {
  const hv = open(); // It has one.
  for (let n = 1; n < limits.NETWORKS_MAX; n++) must(hv.createNetwork(`n${n}`, { mtu: 1500 }));
  expect(code(hv.createNetwork("more", { mtu: 1500 }))).toBe("limit");
  must(hv.removeNetwork("n1"));
  expect(code(hv.createNetwork("more", { mtu: 1500 }))).toBe("taken");
});

test("devices on one network, and on all", { timeout: 300_000 }, () => {
  const hv = open();
  must(hv.createNetwork("two", { mtu: 1500 }));
  must(hv.createNetwork("three", { mtu: 1500 }));
  const names = ["lan", "two", "three"];
  const networkOf = (n: number): string => names[Math.floor(n / limits.NETWORK_PORTS_MAX)] as string;
  expect(code(addDevices(hv, limits.NETWORK_PORTS_MAX, () => "lan"))).toBe("taken");
  must(hv.createBus("more"));
  expect(words(hv.addDevice("more", "more", venet("lan", 9999)))).toContain("`lan` has no room");
  const other = open();
  must(other.createNetwork("two", { mtu: 1500 }));
  must(other.createNetwork("three", { mtu: 1500 }));
  expect(code(addDevices(other, limits.PORTS_MAX, networkOf))).toBe("taken");
  must(other.createBus("more"));
  expect(code(other.addDevice("more", "more", venet("three", 9999)))).toBe("limit");
  must(other.removeDevice("d0"));
  expect(code(other.addDevice("more", "more", venet("three", 9999)))).toBe("taken");
});

test("uplinks: as many as there may be, and one more when one goes", async () => {
  const hv = open();
  const address = { family: "unix", path: "/nowhere/at/all" } as const;
  const spec = { network: "lan", link: "up", class: "socket", socket: { role: "connect", address } } as const;
  for (let n = 0; n < limits.UPLINKS_MAX; n++) must(await hv.createUplink(`u${n}`, spec));
  expect(code(await hv.createUplink("more", spec))).toBe("limit");
  must(await hv.removeUplink("u0"));
  expect(code(await hv.createUplink("more", spec))).toBe("taken");
});

test("devices on one bus", () => {
  const hv = open();
  must(hv.createBus("bus"));
  for (let n = 0; n < limits.BUS_DEVICES_MAX; n++) must(hv.addDevice("bus", `d${n}`, venet("lan", n)));
  expect(code(hv.addDevice("bus", "more", venet("lan", 999)))).toBe("limit");
});

test.each([
  [limits.MTU_MIN - 1, "invalid"],
  [limits.MTU_MIN, "taken"],
  [limits.MTU_MAX, "taken"],
  [limits.MTU_MAX + 1, "invalid"],
])("an MTU of %d is %s", (mtu, answer) => {
  expect(code(open().createNetwork("n", { mtu }))).toBe(answer);
});

const MEMORY = '(import "env" "memory" (memory 1 65536 shared))';
const MAIN = '(func (export "main") (result i32) (i32.const 0))';

test.each([
  [limits.GUEST_MEMORY_MIN - 1, "invalid"],
  [limits.GUEST_MEMORY_MIN, "taken"],
  [limits.GUEST_MEMORY_MAX + 1, "invalid"],
])("a guest's memory of %d bytes is %s", async (memory, answer) => {
  const hv = open();
  must(hv.createBus("bus"));
  const image = must(await compileImage(await wat(`(module ${MEMORY} ${MAIN})`)));
  expect(code(await hv.bootGuest("g", { bus: "bus", image, memory, args: [], env: {} }))).toBe(answer);
});

test.each([
  [limits.SHARED_MEMORY_MAX - 1, "taken"],
  [limits.SHARED_MEMORY_MAX, "taken"],
  [limits.SHARED_MEMORY_MAX + 1, "invalid"],
])("a shared guest's memory of %d bytes is %s", async (memory, answer) => {
  const hv = open();
  must(hv.createBus("bus"));
  const image = must(await compileImage(await wat(`(module ${MEMORY} ${MAIN})`)));
  const spec = { bus: "bus", image, memory, args: [], env: {}, vcpu: "shared" } as const;
  expect(code(await hv.bootGuest("g", spec))).toBe(answer);
});

test.each([
  [-1, "invalid"],
  [0, "taken"],
  [limits.NICE_MAX, "taken"],
  [limits.NICE_MAX + 1, "invalid"],
])("a niceness of %d is %s", async (nice, answer) => {
  const hv = open();
  must(hv.createBus("bus"));
  const image = must(await compileImage(await wat(`(module ${MEMORY} ${MAIN})`)));
  expect(code(await hv.bootGuest("g", { bus: "bus", image, memory: 65_536, args: [], env: {}, nice }))).toBe(
    answer,
  );
});

test("an image of the largest size is looked at, one byte more is not", async () => {
  expect(words(await compileImage(new Uint8Array(limits.IMAGE_BYTES_MAX)))).toContain("not a WebAssembly");
  expect(words(await compileImage(new Uint8Array(limits.IMAGE_BYTES_MAX + 1)))).toContain("larger than");
});

test.each([
  [limits.TABLE_ENTRIES_MAX, "taken"],
  [limits.TABLE_ENTRIES_MAX + 1, "image"],
])("tables of up to %d entries are %s", async (entries, answer) => {
  const bytes = await wat(`(module ${MEMORY} (table 1 ${entries} funcref) ${MAIN})`);
  expect(code(await compileImage(bytes))).toBe(answer);
});

test.each([
  [limits.METERED_TABLE_ENTRIES_MAX, "taken"],
  [limits.METERED_TABLE_ENTRIES_MAX + 1, "image"],
])("tables of up to %d entries of a shared guest are %s", async (entries, answer) => {
  const hv = open();
  must(hv.createBus("bus"));
  const image = must(
    await compileImage(await wat(`(module ${MEMORY} (table 1 ${entries} funcref) ${MAIN})`)),
  );
  const spec = { bus: "bus", image, memory: 65_536, args: [], env: {}, vcpu: "shared" } as const;
  expect(code(await hv.bootGuest("g", spec))).toBe(answer);
});

/** Runs a guest whose `main` gives a number, on a port with a ring of so many descriptors to send. */
async function answerOf(
  body: string,
  { tx = 16, txSize = 64, mtu = 1500 } = {},
): Promise<number | undefined> {
  const lab = new TestLab({ mtu, warm: 1 });
  labs.push(lab);
  lab.plug(1);
  const shape = shapeOf(1, BROADCAST, { rx: 16, rxSize: 64, tx, txSize });
  const image = await guestImage(`(func (export "main") (result i32)\n${body})`, shape);
  await lab.boot("asker", 1, image, memoryOf(shape), { ready: false });
  return (await lab.ended("asker")).exit;
}

const EINVAL = -22;
const EVENTS = "(drop (call $call (i32.const 0) (i32.const 3) (i32.const 192) (i32.const 64) (i32.const 0)))";
const OPEN = "(drop (call $open (i32.const 1) (i32.const 1)))";

test.each([
  [limits.RING_SLOTS_MIN / 2, EINVAL],
  [limits.RING_SLOTS_MIN, 0],
  [limits.RING_SLOTS_MAX, 0],
  [limits.RING_SLOTS_MAX * 2, EINVAL],
])("a ring of %d descriptors is answered %d", async (count, answer) => {
  const shm = `(call $shm (i32.const 1) (i32.const 1) (i32.const 0) (i32.const 4096) (i32.const ${count * 16})
    (i32.const -64) (i32.const 0))`;
  expect(await answerOf(`${EVENTS} ${OPEN} ${shm}`)).toBe(answer);
});

test.each([
  [limits.LOG_WRITE_MAX - 1, limits.LOG_WRITE_MAX - 1],
  [limits.LOG_WRITE_MAX, limits.LOG_WRITE_MAX],
  [limits.LOG_WRITE_MAX + 1, limits.LOG_WRITE_MAX],
])("of %d bytes for the log %d are taken at once", async (length, taken) => {
  const write = `(call $call (i32.const 0) (i32.const 5) (i32.const 0) (i32.const ${length}) (i32.const 0))`;
  expect(await answerOf(write)).toBe(taken);
});

/** Posts so many frames of a length and calls `signal` once: its answer, 1 where the budget ended first. */
const posted = (count: number, length: number): string => `(local $n i32) (call $setup)
  (loop $more
    (call $head (call $txBuffer) (i32.const 1))
    (call $post (call $txBuffer) (i32.const ${length}))
    (br_if $more (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const ${count}))))
  (call $signal (global.get $txNumber))`;

test.each([
  [limits.BUDGET_FRAMES - 1, 0],
  [limits.BUDGET_FRAMES, 1],
  [limits.BUDGET_FRAMES + 1, 1],
])("of %d frames one call leaves %d: it is to be called again", async (count, answer) => {
  expect(await answerOf(posted(count, 64), { tx: 512 })).toBe(answer);
});

/** Frames of 64 KiB that are the budget of bytes. */
const LARGE = limits.BUDGET_BYTES / limits.MTU_MAX;

test.each([
  [LARGE - 1, 0],
  [LARGE, 1],
  [LARGE + 1, 1],
])("of %d frames of 64 KiB one call leaves %d: it is to be called again", async (count, answer) => {
  const ring = { tx: 16, txSize: limits.MTU_MAX, mtu: limits.MTU_MAX };
  expect(await answerOf(posted(count, limits.MTU_MAX), ring)).toBe(answer);
});

test.each([
  ["depth", 0, "invalid"],
  ["depth", limits.CHANNEL_DEPTH_MAX, "taken"],
  ["depth", limits.CHANNEL_DEPTH_MAX + 1, "invalid"],
  ["messageMax", 0, "invalid"],
  ["messageMax", limits.CHANNEL_MESSAGE_MAX, "taken"],
  ["messageMax", limits.CHANNEL_MESSAGE_MAX + 1, "invalid"],
])("a channel's %s of %d is %s", (name, value, answer) => {
  const spec = { kind: "datagram", depth: 1, messageMax: 1, full: "wait", [name]: value } as const;
  expect(code(open().createChannel("c", spec))).toBe(answer);
});

test.each([
  [0, "taken"],
  [1, "invalid"],
])("room for a channel's messages, and %d bytes more, is %s", (more, answer) => {
  const messageMax = limits.CHANNEL_ROOM_MAX / 64 + more;
  const spec = { kind: "datagram", depth: 64, messageMax, full: "wait" } as const;
  expect(code(open().createChannel("c", spec))).toBe(answer);
});

test("ends of a channel, and one more when one goes", () => {
  const hv = open();
  must(hv.createChannel("c", { kind: "datagram", depth: 1, messageMax: 1, full: "wait" }));
  must(hv.createBus("bus"));
  const add = (n: number, role: "send" | "receive"): Outcome =>
    hv.addDevice("bus", `d${n}`, {
      class: "vchan",
      name: `d${n}`,
      vchan: { channel: "c", role, priority: 0 },
    });
  for (const [start, role] of [
    [0, "send"],
    [100, "receive"],
  ] as const) {
    for (let n = 0; n < limits.CHANNEL_ENDS_MAX; n++) must(add(start + n, role));
    expect(code(add(start + 99, role))).toBe("limit");
    must(hv.removeDevice(`d${start}`));
    expect(code(add(start + 99, role))).toBe("taken");
  }
});

test("a channel of few and long messages has as many senders as its address space has lanes", () => {
  const long = { stream: false, depth: 64, messageMax: limits.CHANNEL_MESSAGE_MAX };
  const lane = 64 * (limits.CHANNEL_MESSAGE_MAX + 16);
  expect(sendersMax(long)).toBe(Math.floor(limits.CHANNEL_BYTES_MAX / lane));
});

test.each([
  [limits.REALTIME_PRIORITY_MAX, limits.NICE_MIN],
  [limits.REALTIME_PRIORITY_MAX + 1, undefined],
])("a realtime priority of %d has the niceness %d", async (priority, nice) => {
  const hv = open();
  must(hv.createBus("bus"));
  const image = must(await compileImage(await wat(`(module ${MEMORY} ${MAIN})`)));
  const spec = { bus: "bus", image, args: [], env: {}, memory: 65_536, realtime: { priority } };
  expect(code(await hv.bootGuest("g", spec))).toBe(nice === undefined ? "invalid" : "taken");
  if (nice === undefined) return;
  // The system may not let it.
  const facts = hv.guest("g");
  expect(facts?.nice === nice || facts?.realtime?.refused !== undefined).toBe(true);
});

test("every bound has a row here, a test elsewhere, or the reason why not", () => {
  const read = (file: string): string => readFileSync(new URL(file, import.meta.url), "utf8");
  const own = read("limits.test.ts");
  const machines = read("machine/wasi/bounds.test.ts") + read("machine/pc/bounds.test.ts");
  const told = new Set([...Object.keys(ELSEWHERE), ...Object.keys(NOT_MET)]);
  const isHeld = (name: string): boolean => own.includes(`limits.${name}`) || machines.includes(name);
  expect(Object.keys(limits).filter((name) => !told.has(name) && !isHeld(name))).toEqual([]);
  for (const [file, text] of Object.values(ELSEWHERE)) {
    expect(existsSync(new URL(file, import.meta.url)), file).toBe(true);
    expect(read(file)).toContain(text);
  }
});
