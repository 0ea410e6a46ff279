// The C SDK: its numbers are those of the ABI's page, and what it is made of compiles to a guest that the
// host takes. What it does is tested in a lab (cli/guests.test.ts) and with its ring (rx-ring.test.ts).

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compileC, hasClang } from "./test/clang.ts";
import * as frames from "./test/frames.ts";
import type { Device } from "./test/host.ts";
import { TestHost } from "./test/host.ts";
import { datagram, FINISH, payloadOf, readHead, readReport, REPORT } from "./test/stream-wire.ts";

const page = readFileSync(new URL("../../docs/abi.md", import.meta.url), "utf8");
const header = readFileSync(new URL("./c/vbus-abi.h", import.meta.url), "utf8");
const numbers = new Map(
  [...header.matchAll(/^ {2}VBUS_(\w+) = (-?\d+),/gm)].map(([, name, value]) => [name!, Number(value)]),
);

/** Numbers that stand beside a backticked name in the tables of a section. */
function tables(title: string, row: RegExp): (readonly [name: string, value: number])[] {
  const at = page.indexOf(`\n## ${title}`);
  const end = page.indexOf("\n## ", at + 1);
  const text = page.slice(at, end < 0 ? undefined : end);
  return [...text.matchAll(row)].map((match) => [match.groups!["name"]!, Number(match.groups!["value"])]);
}

const BY_NAME = /^\| `(?<name>\w+)` +\| (?<value>-?\d+) /gm;
const BY_NUMBER = /^\| (?<value>\d+) +\| `(?<name>\w+)`/gm;

test("errors and functions are those of the page", () => {
  const errors = tables("Errors", BY_NAME);
  expect(errors.length).toBe(11);
  for (const [name, value] of errors) expect([name, numbers.get(name)]).toEqual([name, value]);
  const functions: (readonly [string, number])[] = [
    ...tables("The bus", BY_NUMBER).map(([name, value]) => [`BUS_${name}`, value] as const),
    ...tables("Features", BY_NUMBER).map(([name, value]) => [`FEATURE_${name}`, value] as const),
    ...tables("venet", BY_NUMBER).map(([name, value]) => [`VENET_${name}`, value] as const),
    ...["vconsole", "vblk", "vchan", "vclock", "vrng"].flatMap((title) =>
      tables(title, BY_NUMBER).map(([name, value]) => [`${title.toUpperCase()}_${name}`, value] as const),
    ),
  ].filter(([name]) => /[A-Z]$/.test(name));
  expect(functions.map(([name]) => name)).toContain("BUS_CLOCK");
  expect(functions.length).toBe(21);
  for (const [name, value] of functions) expect([name, numbers.get(name)]).toEqual([name, value]);
});

test("types, classes, rings and bounds are those of the page", () => {
  const get = (name: string): number => numbers.get(name)!;
  const text = page.replaceAll(/\s+/g, " ");
  for (const said of [
    `Version ${get("ABI_VERSION")}.`,
    `Types: ${get("BOOT_LAB")} the lab's name, ${get("BOOT_GUEST")} the guest's name, ` +
      `${get("BOOT_ARGUMENT")} an argument (in order), ${get("BOOT_ENVIRONMENT")} an environment`,
    `type (${get("CHANGE_ADDED")} added, ${get("CHANGE_REMOVED")} removed, ` +
      `${get("CHANGE_CHANGED")} changed, ${get("CHANGE_RECONFIGURE")} reconfigure)`,
    `(${get("CLASS_VENET")} venet, ${get("CLASS_VCONSOLE")} vconsole, ${get("CLASS_VBLK")} vblk, ` +
      `${get("CLASS_VCHAN")} vchan, ` +
      `${get("CLASS_VCLOCK")} vclock, ${get("CLASS_VRNG")} vrng)`,
    `(${get("VCHAN_DATAGRAM")} datagrams, ${get("VCHAN_STREAM")} a stream)`,
    `id ${get("VCHAN_IN")} is in, id ${get("VCHAN_OUT")} is out`,
    `at most ${get("VRNG_BYTES_MAX").toLocaleString("en")} bytes`,
    `${get("OP_READ")} read, ${get("OP_WRITE")} write, ${get("OP_FLUSH")} flush, ${get("OP_DISCARD")} discard`,
    `id ${get("VENET_RX")} is rx, id ${get("VENET_TX")} is tx`,
    `id ${get("VCONSOLE_IN")} is in`,
    `id ${get("VCONSOLE_OUT")} is out`,
    `a power of two from ${get("RING_SLOTS_MIN")} to ${get("RING_SLOTS_MAX")}`,
    `14 to MTU + ${get("FRAME_OVERHEAD")} bytes`,
    `The bus, handle ${get("BUS")}`,
  ]) {
    expect(text).toContain(said);
  }
});

test("offsets that the compiler asserts are those of the page", () => {
  const asserted = new Map(
    [...header.matchAll(/^VBUS_AT\(vbus_(\w+), (\w+), (\d+)\);/gm)].map(([, type, member, at]) => [
      `${type}.${member}`,
      Number(at),
    ]),
  );
  const rows = (title: string, type: string): (readonly [string, number])[] =>
    tables(title, /^\| (?<value>\d+) +\| .*?`(?<name>[a-z]+)`/gm).map(([name, at]) => [
      `${type}.${name}`,
      at,
    ]);
  const area = rows("The bus", "events");
  const [descriptor, signal] = [rows("Rings", "descriptor"), rows("Rings", "ring_signal")];
  expect(area.map(([name]) => name)).toContain("events.pending");
  expect(descriptor.length).toBe(7);
  const requests = rows("vblk", "request");
  expect(requests.length).toBe(5);
  for (const [name, at] of requests) expect([name, asserted.get(name)]).toEqual([name, at]);
  for (const [name, at] of area) expect([name, asserted.get(name)]).toEqual([name, at]);
  for (const [name, at] of descriptor.slice(0, 4)) expect([name, asserted.get(name)]).toEqual([name, at]);
  for (const [name, at] of signal.slice(4)) expect([name, asserted.get(name)]).toEqual([name, at]);
});

const ETH0: Device = { id: 1, name: "eth0", mac: "02:00:00:00:00:01", ip: "10.0.0.1" };
const ASKER: frames.Ends = {
  fromMac: "02:00:00:00:00:99",
  toMac: "02:00:00:00:00:01",
  fromIp: "10.0.0.9",
  toIp: "10.0.0.1",
};

test("echo in C answers as many large pings at once as it has buffers, each whole", () => {
  if (!hasClang("The buffers of the guest in C")) return;
  const host = new TestHost({ devices: [{ ...ETH0, mtu: 9000 }], stopAt: 500_000_000, pages: 64 });
  const ping = (sequence: number) =>
    ({ id: 1, sequence, data: Array.from({ length: 8972 }, (_, i) => (i + sequence) & 255) }) as const;
  const sequences = Array.from({ length: 64 }, (_, sequence) => sequence);
  host.at(10_000_000, () => {
    for (const n of sequences)
      expect(host.deliver(1, frames.icmp(ASKER, { type: 8, ...ping(n) }))).toBe(true);
  });
  const instance = host.instantiate(compileC("stdlib/guests/c/echo.c"));
  expect((instance.exports["main"] as () => number)()).toBe(0);
  const answers = sequences.map((n) => frames.icmp(frames.turned(ASKER), { type: 0, ...ping(n) }));
  const plain = (frame: Uint8Array): string => frames.hex(frames.withoutIdentification(frame));
  expect(host.sent.map(({ frame }) => plain(frame))).toEqual(answers.map(plain));
});

test("echo in C answers arp, ping and datagrams byte by byte, and nothing else", () => {
  if (!hasClang("The answers of the guest in C")) return;
  const host = new TestHost({ devices: [ETH0], stopAt: 500_000_000, pages: 64 });
  const ping = { type: 8, id: 0x1234, sequence: 7, data: [1, 2, 3, 4, 5] } as const;
  const broken = frames.icmp(ASKER, ping).map((byte, at) => (at === 44 ? byte ^ 1 : byte));
  const cut = frames.icmp(ASKER, ping).slice(0, 30);
  const asked = [
    frames.arp(1, { ...ASKER, toMac: "ff:ff:ff:ff:ff:ff" }),
    frames.arp(1, { ...ASKER, toIp: "10.0.0.2" }),
    broken,
    cut,
    frames.icmp({ ...ASKER, fromIp: "10.0.0.1" }, ping),
    frames.icmp(ASKER, ping),
    frames.udp(ASKER, [7, 7], [1]),
    frames.udp(ASKER, [4000, 8], [1]),
    frames.udp(ASKER, [4000, 7], [9, 8, 7]),
  ];
  asked.forEach((frame, index) =>
    host.at((10 + index) * 1_000_000, () => expect(host.deliver(1, frame)).toBe(true)),
  );
  const instance = host.instantiate(compileC("stdlib/guests/c/echo.c"));
  expect((instance.exports["main"] as () => number)()).toBe(0);
  expect(host.log).toBe("echo: eth0 ready\n");
  const plain = (frame: Uint8Array): string =>
    frame[13] === 6 ? frames.hex(frame) : frames.hex(frames.withoutIdentification(frame));
  const back = frames.turned(ASKER);
  expect(host.sent.map(({ frame }) => plain(frame))).toEqual(
    [
      frames.arp(2, back, ASKER.fromMac),
      frames.icmp(back, { ...ping, type: 0 }),
      frames.udp(back, [7, 4000], [9, 8, 7]),
    ].map(plain),
  );
  expect(host.waits).toBeLessThan(20);
});

test("sink in C counts a run, says so once, and tells its sender; the rest is nobody's", () => {
  if (!hasClang("The counts of the guest in C")) return;
  const host = new TestHost({ devices: [ETH0], stopAt: 500_000_000, pages: 128 });
  const ports: readonly [number, number] = [50_000, 5001];
  const data = (number: number, run = 1): Uint8Array =>
    frames.udp(ASKER, ports, datagram({ number, run }, 1000));
  const finish = (number: number, run = 1): Uint8Array =>
    frames.udp(ASKER, ports, datagram({ kind: FINISH, number, run }));
  const sent = [
    frames.arp(1, { ...ASKER, toMac: "ff:ff:ff:ff:ff:ff" }),
    ...[0, 1, 3, 2].map((number) => data(number)),
    frames.udp(ASKER, [50_000, 5002], datagram({ number: 4 })),
    frames.udp(ASKER, ports, [1, ...datagram({ number: 4 }).slice(1)]),
    frames.udp(ASKER, ports, datagram({ number: 4 }).slice(0, 23)),
    data(4).map((byte, at) => (at === 60 ? byte ^ 1 : byte)),
    finish(6),
    finish(6),
    data(0, 2),
    finish(1, 2),
  ];
  sent.forEach((frame, index) => host.at((10 + index) * 1_000_000, () => void host.deliver(1, frame)));
  const instance = host.instantiate(compileC("stdlib/guests/c/sink.c"));
  expect((instance.exports["main"] as () => number)()).toBe(0);
  expect(host.log.split("\n")).toEqual([
    "sink: ready",
    "sink: 4 of 6 datagrams, 4000 bytes, 1 out of order",
    "sink: 1 of 1 datagrams, 1000 bytes, 0 out of order",
    "",
  ]);
  const [arp, ...reports] = host.sent.map(({ frame }) => frame);
  expect(frames.hex(arp!)).toBe(frames.hex(frames.arp(2, frames.turned(ASKER), ASKER.fromMac)));
  expect(reports.map((frame) => readHead(payloadOf(frame)))).toEqual([
    { kind: REPORT, run: 1, number: 6 },
    { kind: REPORT, run: 1, number: 6 },
    { kind: REPORT, run: 2, number: 1 },
  ]);
  expect(readReport(payloadOf(reports[0]!))).toMatchObject({ received: 4, bytes: 4000, disordered: 1 });
  const plain = (frame: Uint8Array): string => frames.hex(frames.withoutIdentification(frame));
  const told = frames.udp(frames.turned(ASKER), [5001, 50_000], [...payloadOf(reports[0]!)]);
  expect(plain(reports[0]!)).toBe(plain(told));
});
