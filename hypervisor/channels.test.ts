// Channels between real guests that a test leads verb by verb: order, priorities, back-pressure, several
// receivers, kills, pauses, hot-unplug, and what a hostile guest can't do.

import { afterEach, beforeAll, expect, test } from "vitest";
import { Caller, callerImage, type CallersRing } from "./caller.test-support.ts";
import type { ChannelSpec, DeviceSpec, Image, VchanSpec } from "./hypervisor.ts";
import { CHANNEL_BUDGET_BYTES, CHANNEL_BUDGET_MESSAGES } from "./limits.ts";
import { must, until } from "./machine-room.test-support.ts";
import { assembleMachineRoom, type MachineRoom } from "./machine-room.ts";

const EPERM = -1;
const ENODEV = -19;
const ENOSPC = -28;
const LIMIT = { timeout: 120_000 };

let image: Image;
let room: MachineRoom;
beforeAll(async () => {
  image = await callerImage();
});
afterEach(() => room.hypervisor.close());

function channel(change: Partial<ChannelSpec> = {}): void {
  room = assembleMachineRoom({ lab: "test", warm: 2 });
  must(
    room.hypervisor.createChannel("c", {
      kind: "datagram",
      depth: 4,
      messageMax: 16,
      full: "wait",
      ...change,
    }),
  );
}

const vchan = (role: VchanSpec["role"], change: Partial<VchanSpec> = {}): DeviceSpec => ({
  class: "vchan",
  name: "m",
  vchan: { channel: "c", role, priority: 0, ...change },
});

interface End {
  readonly caller: Caller;
  readonly handle: number;
  readonly in: CallersRing;
  readonly out: CallersRing;
}

async function end(id: string, spec: DeviceSpec, count = 16, bytes = 16): Promise<End> {
  const caller = await Caller.boot(room, id, image, [spec]);
  const handle = await caller.open(1);
  const rings = [
    await caller.ring(handle, 0, count, bytes, 3),
    await caller.ring(handle, 1, count, bytes, 2),
  ];
  return { caller, handle, in: rings[0] as CallersRing, out: rings[1] as CallersRing };
}

const send = (from: End, ...messages: readonly (readonly number[])[]): Promise<number> => {
  from.out.send(...messages);
  return from.caller.signal(from.out.number);
};
const receive = async (to: End, buffers: number): Promise<number[][]> => {
  to.in.post(buffers);
  await to.caller.signal(to.in.number);
  return to.in.take();
};
const facts = () => room.hypervisor.channel("c");

test(
  "messages go from one guest to another, once and in order, over the ends of all rings",
  LIMIT,
  async () => {
    channel();
    const [a, b] = [await end("a", vchan("send")), await end("b", vchan("receive"))];
    for (let round = 0; round < 20; round++) {
      expect(await send(a, [round, 1], [round, 2, 2], [round, 3, 3, 3])).toBe(0);
      expect(await receive(b, 4 - b.in.posted + b.in.taken)).toEqual([
        [round, 1],
        [round, 2, 2],
        [round, 3, 3, 3],
      ]);
    }
    expect(facts()).toEqual({
      id: "c",
      kind: "datagram",
      messages: { count: 60, bytes: 180, dropped: 0, droppedBy: {} },
      waiting: 0,
      ends: 2,
    });
    expect(room.hypervisor.device("a.m")).toMatchObject({ tx: { count: 60, bytes: 180 }, rx: { count: 0 } });
    expect(room.hypervisor.device("b.m")).toMatchObject({ rx: { count: 60, bytes: 180 }, tx: { count: 0 } });
  },
);

test("a sender whose lane is full waits, and is woken when half of it is empty", LIMIT, async () => {
  channel({ depth: 4 });
  const [a, b] = [await end("a", vchan("send")), await end("b", vchan("receive"))];
  expect(await send(a, [1], [2], [3], [4])).toBe(0);
  const wait = await send(a, [5], [6]);
  expect(wait).toBeGreaterThan(2);
  expect(facts()).toMatchObject({ waiting: 4, messages: { count: 0, dropped: 0 } });
  a.out.enable(true);
  expect(await a.caller.signal(a.out.number)).toBe(wait);
  const woken = a.caller.wait(60_000);
  await until("a sleeps", () => a.caller.sleeps);
  expect(await receive(b, 1)).toEqual([[1]]);
  expect(a.caller.sleeps).toBe(true);
  expect(await receive(b, 1)).toEqual([[2]]);
  expect(await woken).toBe(1);
  expect(a.caller.takePending(2)).toBe(1 << (a.out.number & 31));
  expect(await a.caller.signal(a.out.number)).toBe(0);
  expect(await receive(b, 8)).toEqual([[3], [4], [5], [6]]);
});

test("a channel that refuses says so by the length, and counts it", LIMIT, async () => {
  channel({ depth: 2, full: "refuse" });
  const [a, b] = [await end("a", vchan("send")), await end("b", vchan("receive"))];
  expect(await send(a, [1], [2, 2], [3, 3, 3])).toBe(0);
  expect(a.out.lengths()).toEqual([1, 2, 0]);
  expect(facts()?.messages).toEqual({ count: 0, bytes: 0, dropped: 1, droppedBy: { full: 1 } });
  expect(room.hypervisor.device("a.m")?.tx).toMatchObject({ count: 2, dropped: 1, droppedBy: { full: 1 } });
  // It can be changed while messages wait.
  must(room.hypervisor.setChannel("c", { kind: "datagram", depth: 2, messageMax: 16, full: "wait" }));
  expect(await send(a, [4])).toBeGreaterThan(2);
  expect(await receive(b, 4)).toEqual([[1], [2, 2]]);
});

test("a message has 1 to message_max bytes", LIMIT, async () => {
  channel();
  const [a, b] = [await end("a", vchan("send"), 16, 32), await end("b", vchan("receive"))];
  const bytes = (many: number): number[] => Array.from({ length: many }, (_, n) => n);
  expect(await send(a, bytes(15), bytes(16), bytes(17), [])).toBe(0);
  expect(a.out.lengths()).toEqual([15, 16, 0, 0]);
  expect(facts()?.messages.droppedBy).toEqual({ too_big: 1, malformed: 1 });
  expect(await receive(b, 4)).toEqual([bytes(15), bytes(16)]);
});

test("a buffer that is too small comes back empty, and no message is lost", LIMIT, async () => {
  channel();
  const [a, b] = [await end("a", vchan("send")), await end("b", vchan("receive"), 16, 15)];
  await send(a, [7]);
  expect(await receive(b, 3)).toEqual([[], [], []]);
  expect(facts()).toMatchObject({ waiting: 1 });
});

test("the more urgent goes first, and equals take turns", LIMIT, async () => {
  channel({ depth: 8 });
  const low = await end("low", vchan("send", { priority: 1 }));
  const high = await end("high", vchan("send", { priority: 6 }));
  const other = await end("other", vchan("send", { priority: 1 }));
  const b = await end("b", vchan("receive"));
  await send(low, [1, 1], [1, 2]);
  await send(other, [2, 1], [2, 2]);
  await send(high, [3, 1], [3, 2]);
  const got = await receive(b, 8);
  expect(got.slice(0, 2)).toEqual([
    [3, 1],
    [3, 2],
  ]);
  expect(got.slice(2).map(([from]) => from)).toEqual([2, 1, 2, 1]);
  // A message keeps the priority that its sender had.
  await send(low, [1, 3]);
  must(room.hypervisor.setDevice("low.m", vchan("send", { priority: 7 })));
  await send(high, [3, 3]);
  expect(await receive(b, 1)).toEqual([
    [3, 3],
    [1, 3],
  ]);
});

test("of several receivers each message goes to one, whoever looks first", LIMIT, async () => {
  channel({ depth: 64 });
  const a = await end("a", vchan("send"), 64);
  const [b, c] = [await end("b", vchan("receive"), 64), await end("c", vchan("receive"), 64)];
  const sent = Array.from({ length: 40 }, (_, n) => [n + 1]);
  expect(await send(a, ...sent)).toBe(0);
  const got = [await receive(b, 7), await receive(c, 20), await receive(b, 30)];
  expect(got.flat()).toEqual(sent);
  // All that sleep are woken; one of them finds it.
  for (const each of [b, c]) {
    each.in.enable(true);
    await each.caller.signal(each.in.number);
  }
  const woken = [b.caller.wait(60_000), c.caller.wait(60_000)];
  await until("both sleep", () => b.caller.sleeps && c.caller.sleeps);
  await send(a, [99]);
  expect(await Promise.all(woken)).toEqual([1, 1]);
  expect([await receive(c, 1), await receive(b, 1)]).toEqual([[[99]], []]);
});

test("an end that does both hears the others, never itself", LIMIT, async () => {
  channel();
  const [a, b] = [await end("a", vchan("both")), await end("b", vchan("both"))];
  await send(a, [1]);
  await send(b, [2]);
  expect(await receive(a, 4)).toEqual([[2]]);
  expect(await receive(b, 4)).toEqual([[1]]);
});

test("of a stream, chunks come together as far as there is room", LIMIT, async () => {
  channel({ kind: "stream" });
  const [a, b] = [await end("a", vchan("send")), await end("b", vchan("receive"), 16, 20)];
  await send(a, [1, 2, 3, 4, 5, 6, 7, 8], [9, 10], [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21], [22]);
  expect(await receive(b, 1)).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]);
  expect(await receive(b, 4)).toEqual([[11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22]]);
  expect(facts()?.messages).toMatchObject({ count: 4, bytes: 22 });
});

test("who may not send or receive is told so, and a role can change while it is open", LIMIT, async () => {
  channel();
  const [a, b] = [await end("a", vchan("receive")), await end("b", vchan("send"))];
  expect(await send(a, [1])).toBe(EPERM);
  expect(await b.caller.signal(b.in.number)).toBe(EPERM);
  must(room.hypervisor.setDevice("a.m", vchan("send")));
  must(room.hypervisor.setDevice("b.m", vchan("receive")));
  expect(await a.caller.signal(a.out.number)).toBe(0);
  expect(await receive(b, 1)).toEqual([[1]]);
});

test(
  "what was sent waits while its sender is killed, unplugged, and its lane serves again",
  LIMIT,
  async () => {
    channel({ depth: 4 });
    const b = await end("b", vchan("receive"));
    for (let n = 1; n <= 3; n++) {
      const a = await end("a", vchan("send"));
      await send(a, [n, 1], [n, 2]);
      await room.hypervisor.killGuest("a");
      must(room.hypervisor.removeGuest("a"));
      expect(facts()).toMatchObject({ waiting: 2 });
      expect(await receive(b, 1)).toEqual([[n, 1]]);
      must(room.hypervisor.removeDevice("a.m"));
      expect(await receive(b, 1)).toEqual([[n, 2]]);
    }
    expect(facts()).toMatchObject({ waiting: 0, messages: { count: 6, bytes: 12, dropped: 0 }, ends: 1 });
  },
);

test("a receiver that is killed takes nothing with it that it has not received", LIMIT, async () => {
  channel({ depth: 8 });
  const a = await end("a", vchan("send"));
  const b = await end("b", vchan("receive"));
  await send(a, [1], [2], [3], [4]);
  expect(await receive(b, 2)).toEqual([[1], [2]]);
  await room.hypervisor.killGuest("b");
  must(room.hypervisor.removeGuest("b"));
  const again = await end("b", vchan("receive"));
  expect(await receive(again, 8)).toEqual([[3], [4]]);
  expect(facts()).toMatchObject({ waiting: 0, messages: { count: 4, dropped: 0 } });
});

test("a paused receiver loses nothing, and its sender waits", LIMIT, async () => {
  channel({ depth: 2 });
  const [a, b] = [await end("a", vchan("send")), await end("b", vchan("receive"))];
  b.in.post(8);
  must(await room.hypervisor.pauseGuest("b"));
  expect(await send(a, [1], [2], [3])).toBeGreaterThan(2);
  must(room.hypervisor.resumeGuest("b"));
  await b.caller.signal(b.in.number);
  expect(b.in.take()).toEqual([[1], [2]]);
  expect(await a.caller.signal(a.out.number)).toBe(0);
});

test("a device that is taken away answers ENODEV, and another channel is another one", LIMIT, async () => {
  channel();
  must(room.hypervisor.createChannel("d", { kind: "datagram", depth: 4, messageMax: 16, full: "wait" }));
  const [a, b] = [await end("a", vchan("send")), await end("b", vchan("receive"))];
  await send(a, [1]);
  must(room.hypervisor.setDevice("a.m", vchan("send", { channel: "d" })));
  await send(a, [2]);
  expect(await receive(b, 1)).toEqual([[1]]);
  must(room.hypervisor.setDevice("b.m", vchan("receive", { channel: "d" })));
  expect(await receive(b, 1)).toEqual([[2]]);
  expect(room.hypervisor.removeChannel("d")).toMatchObject({ ok: false, refusal: { code: "busy" } });
  must(room.hypervisor.removeChannel("c"));
  must(room.hypervisor.removeDevice("a.m"));
  expect(await send(a, [3])).toBe(ENODEV);
});

test("one call moves so many messages, or so many bytes, and says that there is more", LIMIT, async () => {
  channel({ depth: 1024, messageMax: 1 });
  const a = await end("a", vchan("send"), 512, 16);
  const b = await end("b", vchan("receive"), 512, 16);
  a.out.send(...Array.from({ length: CHANNEL_BUDGET_MESSAGES + 1 }, () => [1]));
  expect(await a.caller.signal(a.out.number)).toBe(1);
  expect(facts()).toMatchObject({ waiting: CHANNEL_BUDGET_MESSAGES });
  expect(await a.caller.signal(a.out.number)).toBe(0);
  b.in.post(CHANNEL_BUDGET_MESSAGES + 1);
  expect(await b.caller.signal(b.in.number)).toBe(1);
  expect(b.in.take().length).toBe(CHANNEL_BUDGET_MESSAGES);
  expect(await b.caller.signal(b.in.number)).toBe(0);
  await room.hypervisor.close();
  // Five of them are more than the bytes of a call.
  const bytes = Math.ceil((CHANNEL_BUDGET_BYTES + 1) / 5);
  channel({ depth: 16, messageMax: bytes });
  const c = await end("c", vchan("send"), 16, 64);
  const at = c.caller.allocate(bytes);
  for (let n = 0; n < 6; n++) c.out.write(n, at, bytes, n * 2 + 1);
  expect(await c.caller.signal(c.out.number)).toBe(1);
  expect(facts()).toMatchObject({ waiting: 5 });
});

test("the facts of an end", LIMIT, async () => {
  channel({ kind: "stream", messageMax: 4096 });
  const caller = await Caller.boot(room, "a", image, [vchan("both", { priority: 5 })]);
  const handle = await caller.open(1);
  const at = caller.allocate(16);
  expect(await caller.call(handle, 1, at, 15)).toBe(ENOSPC);
  expect(await caller.call(handle, 1, at, 16)).toBe(0);
  expect([...new Uint32Array(caller.memory.u8.slice(at, at + 16).buffer)]).toEqual([2, 4096, 3, 5]);
});

test.each([
  ["a turn of a sending ring that can't be", (end: End) => end.out.write(0, 65_536, 4, 7), "out"],
  ["a message that is not in its memory", (end: End) => end.out.write(0, 0xffff_0000 | 0, 4, 1), "out"],
  ["a turn of a receiving ring that can't be", (end: End) => end.in.write(0, 65_536, 16, 8), "in"],
  ["a buffer that is not in its memory", (end: End) => end.in.write(0, 0xffff_0000 | 0, 0x20000, 1), "in"],
] as const)("%s stops the guest, and nobody else", LIMIT, async (_, breaks, ring) => {
  channel();
  const [a, b] = [await end("a", vchan("both")), await end("b", vchan("both"))];
  await send(b, [1]);
  breaks(a);
  await expect(a.caller.signal(a[ring].number)).rejects.toThrow("broke the protocol");
  must(room.hypervisor.removeGuest("a"));
  const again = await end("a", vchan("both"));
  expect(await receive(again, 1)).toEqual([[1]]);
  await send(again, [2]);
  expect(await receive(b, 1)).toEqual([[2]]);
});

test("what can't be is refused", LIMIT, () => {
  channel();
  const { hypervisor } = room;
  const other: ChannelSpec = { kind: "datagram", depth: 4, messageMax: 16, full: "wait" };
  expect(hypervisor.createChannel("c", other)).toMatchObject({ refusal: { code: "exists" } });
  expect(hypervisor.setChannel("c", { ...other, depth: 5 })).toMatchObject({ refusal: { code: "invalid" } });
  expect(hypervisor.removeChannel("x")).toMatchObject({ refusal: { code: "missing" } });
  must(hypervisor.createBus("b"));
  const add = (change: Partial<VchanSpec>) => hypervisor.addDevice("b", "b.m", vchan("send", change));
  expect(add({ channel: "x" })).toMatchObject({ refusal: { code: "missing" } });
  expect(add({ priority: 8 })).toMatchObject({ refusal: { code: "invalid" } });
});
