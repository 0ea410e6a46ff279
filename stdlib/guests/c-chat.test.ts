// The sample of channels and clocks in C, with the guest in AssemblyScript whose messages it speaks, on the
// real host.

import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHypervisor, type Hypervisor, type Image, type Outcome } from "../../hypervisor/index.ts";
import { bytesOfC, hasClang } from "./test/clang.ts";

const LIMIT = { timeout: 120_000 };
/** Far more than wait in a channel or stand in the rings. */
const COUNT = 5000;
const MS = 1e6;

type Language = "c" | "script";
let hypervisor: Hypervisor;
let images: Readonly<Record<Language, Image>>;
let said: Record<string, string>;
let hasC = false;

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.value;
}

beforeEach(async () => {
  hasC = hasClang("chat.c");
  if (!hasC) return;
  hypervisor = createHypervisor({ lab: "c-chat", warm: 0 });
  const script = readFileSync(new URL("build/chat.wasm", import.meta.url));
  images = {
    c: must(await hypervisor.compile(bytesOfC("stdlib/guests/c/chat.c"))),
    script: must(await hypervisor.compile(new Uint8Array(script))),
  };
  said = {};
  hypervisor.on((event) => {
    if (event.type === "log") said[event.id] = (said[event.id] ?? "") + event.text;
  });
});
afterEach(() => hypervisor?.close());

function channel(
  change: { kind?: "datagram" | "stream"; depth?: number; full?: "wait" | "refuse" } = {},
): void {
  const spec = { kind: "datagram", depth: 8, messageMax: 4096, full: "wait", ...change } as const;
  must(hypervisor.createChannel("orders", spec));
}

interface Devices {
  /** None where it is left out. */
  readonly role?: "send" | "receive";
  readonly clock?: boolean;
}

async function boot(
  id: string,
  language: Language,
  args: readonly string[],
  devices: Devices,
): Promise<void> {
  must(hypervisor.createBus(id));
  const { role, clock } = devices;
  if (role !== undefined) {
    const vchan = { channel: "orders", role, priority: 0 };
    must(hypervisor.addDevice(id, `${id}.end`, { class: "vchan", name: "end", vchan }));
  }
  if (clock === true) {
    const vclock = { offsetNs: 0, drift: 0 };
    must(hypervisor.addDevice(id, `${id}.clock`, { class: "vclock", name: "clock", vclock }));
  }
  must(await hypervisor.bootGuest(id, { bus: id, image: images[language], args, env: {}, memory: 2 ** 22 }));
}

async function exitOf(id: string): Promise<number | undefined> {
  await expect.poll(() => hypervisor.guest(id)?.exit, { timeout: 60_000 }).toBeDefined();
  return hypervisor.guest(id)?.exit;
}

test.each([
  ["c", "script", "datagram"],
  ["script", "c", "datagram"],
  ["c", "script", "stream"],
  ["script", "c", "stream"],
  ["c", "c", "datagram"],
] as const)(
  "from %s to %s over a %s every message arrives, once and in order",
  LIMIT,
  async (from, to, kind) => {
    if (!hasC) return;
    channel({ kind });
    await boot("taker", to, ["--expect", String(COUNT)], { role: "receive" });
    await boot("sender", from, ["--send", String(COUNT)], { role: "send" });
    expect([await exitOf("sender"), await exitOf("taker")], JSON.stringify(said)).toEqual([0, 0]);
    expect(said["sender"]).toBe(`chat: sent ${COUNT}\n`);
    expect(said["taker"]).toMatch(new RegExp(`^chat: ${COUNT} in order`));
    expect(hypervisor.channel("orders")).toMatchObject({
      messages: { count: COUNT, dropped: 0 },
      waiting: 0,
    });
  },
);

test("what a channel refuses is counted and told", LIMIT, async () => {
  if (!hasC) return;
  channel({ depth: 4, full: "refuse" });
  await boot("sender", "c", ["--send", "40"], { role: "send" });
  expect(await exitOf("sender")).toBe(0);
  expect(said["sender"]).toBe("chat: sent 40, of which the channel refused 36\n");
  expect(hypervisor.channel("orders")).toMatchObject({ waiting: 4 });
});

test.each([true, false])("one message each 20 ms, with a clock of its own: %s", LIMIT, async (clock) => {
  if (!hasC) return;
  channel();
  const begin = process.hrtime.bigint();
  await boot("sender", "c", ["--send", "6", "--every", "20ms"], { role: "send", clock });
  expect(await exitOf("sender")).toBe(0);
  expect(Number(process.hrtime.bigint() - begin)).toBeGreaterThan(5 * 20 * MS);
  expect(said["sender"]).toBe("chat: sent 6\n");
  if (clock) expect(hypervisor.device("sender.clock")?.ticks).toBeGreaterThan(0);
});

test(
  "who waits for messages ends when it is asked to, and when its channel is taken away",
  LIMIT,
  async () => {
    if (!hasC) return;
    channel();
    for (const id of ["stopped", "cut"]) {
      await boot(id, "c", ["--expect", "1"], { role: "receive" });
      await expect.poll(() => hypervisor.device(`${id}.end`)?.openBy).toBe(id);
    }
    must(await hypervisor.stopGuest("stopped", 30_000));
    must(hypervisor.removeDevice("cut.end"));
    expect([await exitOf("stopped"), await exitOf("cut")]).toEqual([1, 1]);
    expect(said).toEqual({ stopped: "chat: 0 in order\n", cut: "chat: 0 in order\n" });
  },
);

test("what it can't do, it says", LIMIT, async () => {
  if (!hasC) return;
  channel();
  await boot("nowhere", "c", ["--send", "1"], {});
  await boot("mute", "c", ["--send", "1"], { role: "receive" });
  const usage = "chat: usage: chat --send N [--every DURATION] | --expect N\n";
  const wrong: readonly (readonly string[])[] = [
    [],
    ["--send"],
    ["--send", "0"],
    ["--send", "1x"],
    ["--send", "1", "--expect", "1"],
    ["--send", "1", "--every", "20"],
    ["--send", "1", "--every", "1234567s"],
    ["--expect", "12345678901234"],
    ["--loud", "1"],
  ];
  for (const [index, args] of wrong.entries()) {
    await boot(`wrong${index}`, "c", args, { role: "send" });
    expect([args, await exitOf(`wrong${index}`), said[`wrong${index}`]]).toEqual([args, 2, usage]);
  }
  expect([await exitOf("nowhere"), said["nowhere"]]).toEqual([1, "chat: there is no channel to use\n"]);
  expect([await exitOf("mute"), said["mute"]]).toEqual([1, "chat: its vchan does not send\n"]);
});
