// The guest `echo` under the protocol of docs/abi.md: its answers byte by byte, its devices as they come and
// go.

import { statSync } from "node:fs";
import { expect, test } from "vitest";
import * as frames from "./test/frames.ts";
import type { Device, HostOptions } from "./test/host.ts";
import { TestHost } from "./test/host.ts";

const ECHO = new URL("./build/echo.wasm", import.meta.url);
const MS = 1_000_000;
const ETH0: Device = { id: 1, name: "eth0", mac: "02:00:00:00:00:01", ip: "10.0.0.1" };
const ETH1: Device = { id: 2, name: "eth1", mac: "02:00:00:00:00:02", ip: "10.9.0.1" };
const ASKER: frames.Ends = {
  fromMac: "02:00:00:00:00:99",
  toMac: "02:00:00:00:00:01",
  fromIp: "10.0.0.9",
  toIp: "10.0.0.1",
};
const PING = { type: 8, id: 0x1234, sequence: 7, data: [1, 2, 3, 4, 5] } as const;

/** Runs echo, delivers these frames one by one, and answers what it sent besides its announcement. */
function answersTo(delivered: readonly Uint8Array[], options: HostOptions = {}): Uint8Array[] {
  const host = new TestHost({ devices: [ETH0], stopAt: 500 * MS, ...options });
  delivered.forEach((frame, index) =>
    host.at((10 + index) * MS, () => expect(host.deliver(1, frame)).toBe(true)),
  );
  expect(host.run(ECHO)).toBe(0);
  return host.sent.slice(1).map((sent) => sent.frame);
}

function checkSilence(frame: Uint8Array): void {
  // The ping behind it shows that echo was still there to answer.
  expect(answersTo([frame, frames.icmp(ASKER, PING)])).toHaveLength(1);
}

test("echo announces itself and says once that it is ready", () => {
  const host = new TestHost({ devices: [ETH0], stopAt: 500 * MS });
  expect(host.run(ECHO)).toBe(0);
  expect(host.log).toBe("echo: eth0 10.0.0.1 ready\n");
  expect(host.sent.map((sent) => frames.hex(sent.frame))).toEqual([
    "ffffffffffff0200000000010806" + "0001080006040001" + "0200000000010a000001" + "0000000000000a000001",
  ]);
});

test("an arp request is answered byte by byte", () => {
  const request = frames.bytes(`
    ffffffffffff 020000000099 0806 | 0001 0800 06 04 0001 | 020000000099 0a000009 | 000000000000 0a000001`);
  expect(answersTo([request]).map(frames.hex)).toEqual([
    "0200000000990200000000010806" + "0001080006040002" + "0200000000010a000001" + "0200000000990a000009",
  ]);
});

test("a captured ping is answered byte by byte", () => {
  const request = frames.bytes(`
    020000000001 020000000099 0800 | 4500 0021 0001 4000 40 01 26d2 0a000009 0a000001
    0800 dcbe 1234 0007 | 0102030405`);
  const [answer] = answersTo([request]);
  // Type 0, so a checksum that is larger by 0x0800; identification and header checksum are the sender's
  // choice.
  expect(frames.hex(frames.withoutIdentification(answer!))).toBe(
    "0200000000990200000000010800" +
      "450000210000400040010000" +
      "0a0000010a000009" +
      "0000e4be12340007" +
      "0102030405",
  );
});

const SIZES = [0, 1, 2, 3, 4, 15, 16, 17, 55, 56, 1471, 1472];
test.each(SIZES)("a ping of %i bytes comes back whole", (size) => {
  const data = Array.from({ length: size }, (_, i) => (i * 7 + size) & 255);
  const [answer] = answersTo([frames.icmp(ASKER, { ...PING, data })]);
  const expected = frames.icmp(frames.turned(ASKER), { ...PING, type: 0, data });
  expect(frames.hex(frames.withoutIdentification(answer!))).toBe(
    frames.hex(frames.withoutIdentification(expected)),
  );
});

test.each([0, 1, 2, 31, 1472])("a datagram of %i bytes to port 7 comes back whole", (size) => {
  const data = Array.from({ length: size }, (_, i) => (i * 13) & 255);
  const [answer] = answersTo([frames.udp(ASKER, [4000, 7], data)]);
  const expected = frames.udp(frames.turned(ASKER), [7, 4000], data);
  expect(frames.hex(frames.withoutIdentification(answer!))).toBe(
    frames.hex(frames.withoutIdentification(expected)),
  );
});

test("header checksums of answers are right, whatever the identification", () => {
  const requests = Array.from({ length: 50 }, (_, sequence) => frames.icmp(ASKER, { ...PING, sequence }));
  for (const answer of answersTo(requests)) expect(frames.checksum([...answer.slice(14, 34)])).toBe(0);
});

test("a datagram without checksum is answered with one", () => {
  const request = frames.udp(ASKER, [4000, 7], [9, 9]);
  request.set([0, 0], 40);
  const [answer] = answersTo([request]);
  expect(frames.hex(answer!.slice(34))).toBe(
    frames.hex(frames.udp(frames.turned(ASKER), [7, 4000], [9, 9]).slice(34)),
  );
});

test("padding behind a short packet is not sent back", () => {
  const request = new Uint8Array(60);
  request.set(frames.icmp(ASKER, PING));
  expect(answersTo([request])[0]).toHaveLength(14 + 20 + 8 + 5);
});

/** A ping with some bytes changed after all its checksums were made. */
function broken(at: number, values: readonly number[]): Uint8Array {
  const frame = frames.icmp(ASKER, PING);
  frame.set(values, at);
  return frame;
}
/** The same with a header checksum that is right again. */
function rewritten(at: number, values: readonly number[]): Uint8Array {
  const frame = broken(at, values);
  frame.set([0, 0], 24);
  const check = frames.checksum([...frame.slice(14, 34)]);
  frame.set([check >> 8, check & 255], 24);
  return frame;
}

test.each<[string, Uint8Array]>([
  ["a wrong header checksum", broken(24, [0, 0])],
  ["a wrong icmp checksum", broken(36, [0, 0])],
  ["a changed payload", broken(44, [99])],
  ["a first fragment", rewritten(20, [0x20, 0])],
  ["a later fragment", rewritten(20, [0, 1])],
  ["version 6", rewritten(14, [0x65])],
  ["a header length below 20", rewritten(14, [0x44])],
  ["a header length beyond the packet", rewritten(14, [0x4f])],
  ["a total length beyond the frame", rewritten(16, [0x05, 0xdc])],
  ["a total length below the header's", rewritten(16, [0, 19])],
  ["a source of 0.0.0.0", rewritten(26, [0, 0, 0, 0])],
  ["a multicast source", rewritten(26, [224, 0, 0, 1])],
  ["a broadcast source", rewritten(26, [255, 255, 255, 255])],
  ["its own address as the source", rewritten(26, [10, 0, 0, 1])],
  ["another host's address", frames.icmp({ ...ASKER, toIp: "10.0.0.2" }, PING)],
  ["another host's mac", frames.icmp({ ...ASKER, toMac: "02:00:00:00:00:02" }, PING)],
  ["a ping to everybody's mac", frames.icmp({ ...ASKER, toMac: "ff:ff:ff:ff:ff:ff" }, PING)],
  ["a group address as source mac", frames.icmp({ ...ASKER, fromMac: "03:00:00:00:00:99" }, PING)],
  ["an echo reply", frames.icmp(ASKER, { ...PING, type: 0 })],
  ["a datagram from an echo port", frames.udp(ASKER, [7, 7], [1])],
  ["a datagram from port 0", frames.udp(ASKER, [0, 7], [1])],
  ["a datagram to another port", frames.udp(ASKER, [4000, 8], [1])],
  ["arp for another host", frames.arp(1, { ...ASKER, toMac: "ff:ff:ff:ff:ff:ff", toIp: "10.0.0.2" })],
  ["an arp reply", frames.arp(2, ASKER)],
  ["a cut arp request", frames.arp(1, ASKER).slice(0, 41)],
  ["a frame of 14 bytes", frames.icmp(ASKER, PING).slice(0, 14)],
  ["an unknown type", broken(12, [0x86, 0xdd])],
])("%s is not answered", (_name, frame) => checkSilence(frame));

test("a datagram with a wrong checksum is not answered", () => {
  const frame = frames.udp(ASKER, [4000, 7], [1, 2, 3]);
  frame.set([77], 44);
  checkSilence(frame);
});

test("ip options are skipped", () => {
  const plain = frames.icmp(ASKER, PING);
  const frame = new Uint8Array(plain.length + 4);
  frame.set(plain.slice(0, 34));
  frame.set([1, 1, 1, 0], 34);
  frame.set(plain.slice(34), 38);
  frame.set([0x46], 14);
  frame.set([0, 20 + 4 + 8 + 5], 16);
  frame.set([0, 0], 24);
  const check = frames.checksum([...frame.slice(14, 38)]);
  frame.set([check >> 8, check & 255], 24);
  expect(answersTo([frame])).toHaveLength(1);
});

test("devices that come later are served, and those that go are let go", () => {
  const host = new TestHost({ devices: [ETH0], stopAt: 500 * MS });
  const second = { ...ASKER, toMac: ETH1.mac, toIp: ETH1.ip, fromIp: "10.9.0.9" };
  host.at(10 * MS, () => host.change(1, ETH1));
  host.at(20 * MS, () => host.deliver(2, frames.icmp(second, PING)));
  host.at(30 * MS, () => host.change(2, ETH1));
  host.at(40 * MS, () => host.deliver(1, frames.icmp(ASKER, PING)));
  host.at(50 * MS, () => host.change(1, { ...ETH1, ip: "10.9.0.7" }));
  expect(host.run(ECHO)).toBe(0);
  expect(host.log.trim().split("\n")).toEqual([
    "echo: eth0 10.0.0.1 ready",
    "echo: eth1 10.9.0.1 ready",
    "echo: eth1 is gone",
    "echo: eth1 10.9.0.7 ready",
  ]);
  expect(host.sent.filter((sent) => sent.at >= 1_020 * MS).map((sent) => sent.device)).toEqual([2, 1, 2]);
});

test("a device that comes and goes a thousand times leaves its memory behind", () => {
  const host = new TestHost({ devices: [ETH0] });
  for (let i = 0; i < 1000; i++) {
    host.at(i * MS, () => host.change(1, { ...ETH1, mtu: i % 2 === 0 ? 1500 : 9000 }));
    host.at(i * MS + 500_000, () => host.change(2, ETH1));
  }
  host.at(1001 * MS, () => host.change(1, ETH1));
  host.at(1002 * MS, () => host.stop());
  expect(host.run(ECHO)).toBe(0);
  expect(host.rings.get("2:0")!.count).toBe(256);
  expect(host.log).not.toContain("error");
});

test.each([
  [32, 7, "echo: eth7 finds no memory: give the guest more"],
  [256, 16, "echo: eth16 is one device too many"],
])(
  "with %i pages of memory, %i devices are served and the next is refused in words",
  (pages, served, told) => {
    const devices = Array.from({ length: 17 }, (_, i) => ({ ...ETH0, id: i + 1, name: `eth${i}` }));
    const host = new TestHost({ devices, stopAt: 500 * MS, pages });
    expect(host.run(ECHO)).toBe(0);
    expect(host.log.match(/ready/g)).toHaveLength(served);
    expect(host.log).toContain(told);
  },
);

test("the rx ring has as many slots as the device declares", () => {
  const host = new TestHost({ devices: [{ ...ETH0, ring: 64 }], stopAt: 500 * MS });
  expect(host.run(ECHO)).toBe(0);
  expect(host.rings.get("1:0")!.count).toBe(64);
});

test.each([
  [576, 256],
  [1500, 256],
  [9000, 64],
  [65_536, 16],
])("with an MTU of %i and 2 MiB of memory, the rx ring has %i slots", (mtu, slots) => {
  const host = new TestHost({ devices: [{ ...ETH0, mtu }], stopAt: 500 * MS });
  const data = Array.from({ length: Math.min(mtu, 65_535) - 28 }, (_, i) => i & 255);
  host.at(10 * MS, () => host.deliver(1, frames.icmp(ASKER, { ...PING, data })));
  expect(host.run(ECHO)).toBe(0);
  expect(host.rings.get("1:0")!.count).toBe(slots);
  expect(host.sent[1]!.frame).toHaveLength(14 + 28 + data.length);
});

test("a new address and a link that comes up are announced", () => {
  const host = new TestHost({ devices: [{ ...ETH0, linkUp: false }], stopAt: 500 * MS });
  host.at(10 * MS, () => host.change(3, ETH0));
  host.at(20 * MS, () => host.change(3, { ...ETH0, ip: "10.0.0.5" }));
  host.at(30 * MS, () => host.deliver(1, frames.icmp({ ...ASKER, toIp: "10.0.0.5" }, PING)));
  expect(host.run(ECHO)).toBe(0);
  expect(host.sent.map((sent) => Math.round((sent.at - 1_000 * MS) / MS))).toEqual([10, 20, 30]);
  expect(host.log).toContain("echo: eth0 10.0.0.5 ready");
});

test("a larger MTU gets larger buffers", () => {
  const host = new TestHost({ devices: [ETH0], stopAt: 500 * MS });
  const data = Array.from({ length: 8000 }, () => 1);
  host.at(10 * MS, () => host.change(3, { ...ETH0, mtu: 9000 }));
  host.at(20 * MS, () => host.deliver(1, frames.icmp(ASKER, { ...PING, data })));
  expect(host.run(ECHO)).toBe(0);
  expect(host.sent.at(-1)!.frame).toHaveLength(14 + 28 + 8000);
});

test("a host that takes nothing for a while loses no answer and costs no spinning", () => {
  // The announcement goes out at once; then the link is limited: wait for 2 ms, five times.
  const host = new TestHost({
    devices: [ETH0],
    stopAt: 900 * MS,
    signalAnswers: [0, 1, 2000, 2000, 2000, 2000, 1],
  });
  for (let i = 0; i < 200; i++)
    host.at(10 * MS + i * 1000, () => host.deliver(1, frames.icmp(ASKER, { ...PING, sequence: i })));
  expect(host.run(ECHO)).toBe(0);
  const sequences = host.sent.slice(1).map((sent) => sent.frame[40]! * 256 + sent.frame[41]!);
  expect(sequences).toEqual(Array.from({ length: 200 }, (_, i) => i));
  expect(host.waits).toBeLessThan(400);
});

test("a device in use by another guest is told of and left alone", () => {
  const host = new TestHost({ devices: [ETH0], openResult: -16, stopAt: 10 * MS });
  expect(host.run(ECHO)).toBe(0);
  expect(host.log).toBe("echo: eth0 is in use by another guest\n");
});

test("arguments are refused", () => {
  const host = new TestHost({ devices: [ETH0], args: ["--loud"] });
  expect(host.run(ECHO)).toBe(2);
  expect(host.log).toBe("echo: takes no arguments, not --loud\n");
});

test("echo stays under 32 KiB", () => {
  expect(statSync(ECHO).size).toBeLessThan(32 * 1024);
});
