// The numbers of docs/abi.md are those of the code: the page is read, table by table.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  RING_SLOTS_MAX,
  RING_SLOTS_MIN,
  BRIDGE_BATCH,
  BUDGET_BYTES,
  CHANNEL_BUDGET_BYTES,
  CHANNEL_BUDGET_MESSAGES,
  CLOCK_PERIOD_NS_MIN,
  RANDOM_BYTES_MAX,
  BUDGET_FRAMES,
  DISK_QUEUES_MAX,
  REQUEST_BYTES_MAX,
  SECTOR_BYTES,
  FRAME_MIN,
  FRAME_OVERHEAD,
  MTU_MAX,
  SEGMENT_BYTES_MIN,
} from "../limits.ts";
import { COUNTER, PORT, RING, SLOT, THREAD } from "../memory/layout.ts";
import * as abi from "./abi.ts";

const page = readFileSync(new URL("../../docs/abi.md", import.meta.url), "utf8");

/** The section of the page under a heading, to the next one. */
function section(title: string): string {
  const at = page.indexOf(`\n## ${title}`);
  if (at < 0) throw new Error(`no section ${title}`);
  const end = page.indexOf("\n## ", at + 1);
  return page.slice(at, end < 0 ? undefined : end);
}

/** Rows of all tables in a text, as their cells. */
function rows(text: string): string[][] {
  const lines = text.split("\n").filter((line) => line.startsWith("|") && !/^\|[\s|-]+$/.test(line));
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Number by name: a cell with a backticked name, and one with a number. */
function numbers(text: string, name: number, value: number): Record<string, number> {
  const found = rows(text).flatMap((row) => {
    const word = /^`(\w+)`/.exec(row[name] ?? "")?.[1];
    const number = /^-?\d+/.exec(row[value] ?? "")?.[0];
    return word === undefined || number === undefined ? [] : [[word, Number(number)] as const];
  });
  return Object.fromEntries(found);
}

test("errors", () => {
  const { EPERM, ENOENT, EIO, EBADF, EAGAIN, EFAULT, EBUSY, ENODEV, EINVAL, ENOSPC, EPROTO } = abi;
  const code = { EPERM, ENOENT, EIO, EBADF, EAGAIN, EFAULT, EBUSY, ENODEV, EINVAL, ENOSPC, EPROTO };
  expect(numbers(section("Errors"), 0, 1)).toEqual(code);
});

test("functions of the bus, boot records and the event area", () => {
  const bus = section("The bus, handle 0");
  const { negotiate, boot, events, nextChange, write, clock } = abi.BUS;
  const functions = {
    NEGOTIATE: negotiate,
    BOOT: boot,
    EVENTS: events,
    NEXT_CHANGE: nextChange,
    WRITE: write,
    CLOCK: clock,
  };
  expect(numbers(bus, 1, 0)).toMatchObject(functions);
  const area = Object.fromEntries(
    rows(bus).flatMap(([offset, word]) => {
      const name = /`(wake|sleeping|changes|stop|pending)`/.exec(word ?? "")?.[1];
      return name === undefined ? [] : [[name, Number(offset)]];
    }),
  );
  const { size, ...words } = abi.EVENT;
  expect(area).toEqual(words);
  expect(bus).toContain(`the event area, ${size} bytes, aligned to ${size}`);
  const { lab, guest, argument, environment } = abi.BOOT_RECORD;
  const types =
    `${lab} the lab's name, ${guest} the guest's name, ` +
    `${argument} an argument (in order), ${environment} an`;
  expect(bus.replace(/\s+/g, " ")).toContain(types);
  expect(bus).toContain(
    `(${abi.CHANGE.added} added, ${abi.CHANGE.removed} removed, ${abi.CHANGE.changed} changed, ` +
      `${abi.CHANGE.reconfigure} reconfigure)`,
  );
  expect(numbers(section("Features"), 1, 0)).toEqual({
    RECONFIGURE: abi.FEATURE.reconfigure,
    NOTIFY_AT: abi.FEATURE.notifyAt,
    SEGMENT: abi.FEATURE.segment,
    WHOLE: abi.FEATURE.whole,
  });
  expect(bus).toContain(`A change record is ${abi.CHANGE.size} bytes`);
  const classes = Object.entries(abi.CLASS_NUMBER).map(([name, number]) => `${number} ${name}`);
  expect(bus).toContain(`u32 class (${classes.join(", ")})`);
  expect(page).toContain(`Version ${abi.ABI_VERSION}.`);
});

test("rings, signals and their bounds", () => {
  const rings = section("Rings");
  const { size: _, ...words } = abi.DESCRIPTOR;
  const { size: __, ...signal } = abi.SIGNAL;
  expect(numbers(rings, 1, 0)).toEqual({ ...words, ...signal });
  expect(rings).toContain(`a power of two from ${RING_SLOTS_MIN} to ${RING_SLOTS_MAX}`);
  expect(rings).toContain(`budget (${BUDGET_FRAMES} descriptors or ${BUDGET_BYTES / 1024} KiB)`);
  expect(page).toContain(`or ${abi.SHM.staged} \`STAGED\``);
  expect(numbers(section("venet"), 1, 0)).toEqual({
    INFO: abi.VENET.info,
    ACKNOWLEDGE: abi.VENET.acknowledge,
  });
  expect(section("venet")).toContain(`id ${abi.VENET.rx} is rx, id ${abi.VENET.tx} is tx`);
  const { factsBytes, factsBytesMin } = abi.VENET;
  expect(section("venet")).toContain(`out, ${factsBytes} bytes: the class facts of the change record`);
  expect(section("venet")).toContain(`with room for ${factsBytesMin}, the first ${factsBytesMin}`);
  expect(page).toContain(`u32 bits (${abi.VENET_FACT.offload}: large frames`);
  expect(section("venet")).toContain(`in bits 0 to ${abi.LARGE.segmentShift - 1}`);
  expect(section("venet")).toContain(`in bits ${abi.LARGE.segmentShift} to 31`);
  expect(abi.LARGE.lengthMask).toBe(2 ** abi.LARGE.segmentShift - 1);
  expect(section("venet")).toContain(`payload that one segment is to have, at least ${SEGMENT_BYTES_MIN}`);
  const longest = (MTU_MAX + FRAME_OVERHEAD).toLocaleString("en");
  expect(section("venet")).toContain(`the frame's bytes, at most ${longest}`);
  expect(section("venet")).toContain(`Its buffers take ${longest} bytes`);
  expect(section("venet")).toContain(`${FRAME_MIN} to MTU + ${FRAME_OVERHEAD} bytes`);
  expect(section("vconsole")).toContain(`id ${abi.VCONSOLE.in} is in`);
});

test("disks: facts, requests and their bounds", () => {
  const vblk = section("vblk");
  const { size, ...words } = abi.REQUEST;
  expect(numbers(vblk, 1, 0)).toEqual({ INFO: abi.VBLK.info, ...words });
  const { read, write, flush, discard } = abi.REQUEST_OP;
  expect(vblk).toContain(`${read} read, ${write} write, ${flush} flush, ${discard} discard`);
  expect(vblk).toContain(`\`length\` is ${size}`);
  expect(vblk).toContain(`out, ${abi.VBLK.factsBytes} bytes`);
  expect(vblk).toContain(`bytes of a sector (${SECTOR_BYTES})`);
  expect(vblk).toContain(`ids 0 to ${DISK_QUEUES_MAX - 1} are queues`);
  expect(vblk).toContain(`at most (${REQUEST_BYTES_MAX.toLocaleString("en")})`);
});

test("channels, clocks and randomness", () => {
  const { VCHAN, VCHAN_ROLE, VCLOCK, VRNG } = abi;
  const chan = section("vchan");
  expect(numbers(chan, 1, 0)).toEqual({ INFO: VCHAN.info });
  expect(chan).toContain(`id ${VCHAN.in} is in, id ${VCHAN.out} is out`);
  expect(chan).toContain(`out, ${VCHAN.factsBytes} bytes`);
  expect(chan).toContain(
    `budget of a call is ${CHANNEL_BUDGET_MESSAGES} messages or ${CHANNEL_BUDGET_BYTES / 1024 / 1024} MiB`,
  );
  const bus = section("The bus, handle 0");
  expect(bus).toContain(`(${VCHAN.datagram} datagrams, ${VCHAN.stream} a stream)`);
  expect(VCHAN_ROLE).toEqual({ send: 1 << 0, receive: 1 << 1 });
  const { now, listen, deadline, period, ticks } = VCLOCK;
  expect(numbers(section("vclock"), 1, 0)).toEqual({
    NOW: now,
    LISTEN: listen,
    DEADLINE: deadline,
    PERIOD: period,
    TICKS: ticks,
  });
  expect(section("vclock")).toContain(`at least ${CLOCK_PERIOD_NS_MIN.toLocaleString("en")}`);
  expect(numbers(section("vrng"), 1, 0)).toEqual({ FILL: VRNG.fill });
  expect(section("vrng")).toContain(`at most ${RANDOM_BYTES_MAX.toLocaleString("en")} bytes`);
});

test("the offsets in pump.wat are those of the layout", () => {
  const pump = readFileSync(new URL("../datapath/pump.wat", import.meta.url), "utf8");
  const offsets = (object: string): Set<number> => {
    const found = pump.matchAll(
      new RegExp(`(?:load|store) 2 offset=(\\d+) \\(local\\.get \\$${object}\\)`, "g"),
    );
    return new Set([...found].map((match) => Number(match[1])));
  };
  const { claimRing, claimFrom, claimCount, claimFor, published, scratch } = THREAD;
  expect(
    [...offsets("thread")].every((at) =>
      [claimRing, claimFrom, claimCount, claimFor, published].includes(at as 4),
    ),
  ).toBe(true);
  expect(
    [...offsets("ring")].every((at) =>
      [RING.generation, RING.passes, RING.mask, RING.offset, RING.index].includes(at as 4),
    ),
  ).toBe(true);
  expect(
    [...offsets("s")].every((at) => [SLOT.passed, SLOT.turn, SLOT.frames, SLOT.bytes].includes(at as 8)),
  ).toBe(true);
  const counters = [PORT.txPosition, PORT.counters + COUNTER.sent * 8, PORT.counters + COUNTER.bytes * 8];
  expect([...offsets("portRow")].sort((a, b) => a - b)).toEqual(counters);
  expect(offsets("ring").size + offsets("s").size + offsets("thread").size).toBeGreaterThan(8);
  expect(pump).toContain(`(i32.add (local.get $ring) (i32.const ${RING.slots}))`);
  expect([...offsets("x")].every((at) => at >= scratch && at < scratch + abi.DESCRIPTOR.size)).toBe(true);
});

test("the bridge of a PC", () => {
  const { BRIDGE } = abi;
  const bridge = section("The bridge of a PC");
  const hex = (value: number): string => `0x${value.toString(16).padStart(4, "0")}`;
  expect(bridge).toContain(
    `vendor ${hex(BRIDGE.vendor)}, device ${hex(BRIDGE.device)}, revision ${BRIDGE.version}`,
  );
  expect(bridge).toContain(`read: ${hex(BRIDGE.magic)}`);
  expect(bridge).toContain(`a block of ${BRIDGE.blockBytes} bytes`);
  const verbs = (["open", "close", "call", "shm"] as const).map((name) => `${BRIDGE[name]} \`${name}\``);
  expect(bridge).toContain(`The verbs are ${verbs.join(", ")}.`);
  expect(bridge.replace(/\s+/g, " ")).toContain(`the word at offset ${BRIDGE.waiting}, \`waiting\``);
  expect(bridge).toContain(`kicks once in ${BRIDGE_BATCH} frames`);
});
