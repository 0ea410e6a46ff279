// The guest `stream` under the protocol of docs/abi.md: its pace, what it sends and prints, and how it takes
// links without room, silence, and reports that are late, short or false.

import { statSync } from "node:fs";
import { expect, test } from "vitest";
import * as frames from "./test/frames.ts";
import type { Device, HostOptions } from "./test/host.ts";
import { TestHost } from "./test/host.ts";
import { DATA, FINISH, payloadOf, readHead, report, type Report } from "./test/stream-wire.ts";

const STREAM = new URL("./build/stream.wasm", import.meta.url);
const US = 1_000;
const MS = 1_000_000;
const SECOND = 1_000_000_000;
const ETH0: Device = { id: 1, name: "eth0", mac: "02:00:00:00:00:01", ip: "10.0.0.1" };
const PEER: frames.Ends = {
  fromMac: "02:00:00:00:00:02",
  toMac: "02:00:00:00:00:01",
  fromIp: "10.0.0.2",
  toIp: "10.0.0.1",
};
const TO = ["--to", "10.0.0.2"];

interface Peer {
  readonly upAt?: number;
  /** What it says to the n-th FINISH, from 1 on; nothing: says nothing. */
  readonly reports?: (asked: number, sent: number) => Partial<Report> | undefined;
}

interface Outcome {
  readonly host: TestHost;
  readonly code: number;
  /** Of the data, in order: its number, its length, and when it went. */
  readonly data: readonly { readonly number: number; readonly bytes: number; readonly at: number }[];
  readonly finishes: readonly number[];
}

function run(args: readonly string[], peer?: Peer, options: HostOptions = {}): Outcome {
  const host = new TestHost({ devices: [ETH0], args, ...options });
  let asked = 0;
  host.onSend = (frame) => {
    if (peer === undefined || host.now < SECOND + (peer.upAt ?? 0)) return;
    if (frame[13] === 6) {
      if (frame.slice(38, 42).join(".") === PEER.fromIp)
        host.in(20 * US, () => host.deliver(1, frames.arp(2, PEER, PEER.toMac)));
      return;
    }
    const head = readHead(payloadOf(frame));
    if (head?.kind !== FINISH) return;
    const answer = peer.reports?.(++asked, head.number);
    const ports: readonly [number, number] = [5001, frame[34]! * 256 + frame[35]!];
    if (answer !== undefined)
      host.in(50 * US, () => host.deliver(1, frames.udp(PEER, ports, report({ ...head, ...answer }))));
  };
  const code = host.run(STREAM);
  const datagrams = host.sent
    .filter(({ frame }) => frame[13] === 0)
    .map(({ frame, at }) => ({ ...readHead(payloadOf(frame))!, bytes: payloadOf(frame).length, at }));
  return {
    host,
    code,
    data: datagrams.filter(({ kind }) => kind === DATA),
    finishes: datagrams.filter(({ kind }) => kind === FINISH).map(({ at }) => at),
  };
}

const all = (_asked: number, sent: number): Partial<Report> => ({
  received: sent,
  bytes: sent * 1472,
  ns: SECOND,
});
const lines = (host: TestHost): string[] => host.log.trimEnd().split("\n");

test("a second at 10 Mbit/s reads as iperf's, and all was received", () => {
  const { host, code, data } = run([...TO, "--rate", "10Mbps", "--for", "1s"], { reports: all });
  expect(code).toBe(0);
  expect(data.map(({ number }) => number)).toEqual(data.map((_, index) => index));
  expect(lines(host)).toEqual([
    "STREAM to 10.0.0.2 port 5001: 1472 data bytes, 10.0 Mbit/s",
    "1.0 s: 1.3 MB, 10.0 Mbit/s, 850 datagrams",
    "sent 1.3 MB in 1.0 s, 10.0 Mbit/s, 850 datagrams",
    "10.0.0.2 got 1.3 MB in 1.0 s, 10.0 Mbit/s, 0 of 850 lost, 0 out of order",
  ]);
});

test("datagrams are sound", () => {
  const { host } = run([...TO, "--count", "3", "--size", "100", "--port", "9"], { reports: all });
  const sent = host.sent.filter(({ frame }) => frame[13] === 0 && frame.length === 14 + 28 + 100);
  expect(sent).toHaveLength(3);
  for (const { frame } of sent) {
    const ports: readonly [number, number] = [frame[34]! * 256 + frame[35]!, 9];
    const expected = frames.udp(frames.turned(PEER), ports, [...payloadOf(frame)]);
    expect(frames.hex(frames.withoutIdentification(frame))).toBe(
      frames.hex(frames.withoutIdentification(expected)),
    );
    expect([...payloadOf(frame).slice(24)]).toEqual(Array.from({ length: 76 }, () => 0));
  }
});

test.each([
  ["100kbps", "2s", 0.01],
  ["1Mbps", "1s", 0.01],
  ["10Mbps", "1s", 0.005],
  ["100Mbps", "500ms", 0.005],
  ["1Gbps", "100ms", 0.02],
])("%s for %s is that rate, at all times", (rate, time, tolerance) => {
  const { data } = run([...TO, "--rate", rate, "--for", time, "--size", "1250"], { reports: all });
  const unit = { k: 1e3, M: 1e6, G: 1e9 }[/[kMG]/.exec(rate)![0]]!;
  const perNs = (Number.parseFloat(rate) * unit) / (1250 * 8 * 1e9);
  const start = data[0]!.at;
  const ns = Number.parseFloat(time) * (time.endsWith("ms") ? MS : SECOND);
  expect(data.length / (ns * perNs)).toBeGreaterThan(1 - tolerance);
  expect(data.length - 1).toBeLessThanOrEqual(ns * perNs);
  // No datagram before its time, and none later than a tick and what a batch takes.
  for (const { number, at } of data) {
    expect(at - start).toBeGreaterThanOrEqual(number / perNs - US);
    expect(at - start).toBeLessThan(number / perNs + 1.1 * MS);
  }
});

test("several go out with one signal, and it sleeps between", () => {
  const { host, data } = run([...TO, "--rate", "100Mbps", "--for", "100ms"], { reports: all });
  expect(data.length).toBeGreaterThanOrEqual(841);
  const signals = new Set(data.map(({ at }) => at)).size;
  expect(signals).toBeLessThan(130);
  expect(host.waits).toBeLessThan(150);
});

test("after a pause it catches up at twice the rate, not all at once", () => {
  const host = new TestHost({ devices: [ETH0], args: [...TO, "--rate", "100Mbps", "--for", "200ms"] });
  const at: number[] = [];
  host.onSend = (frame) => {
    if (frame[13] === 6) return void host.in(US, () => host.deliver(1, frames.arp(2, PEER, PEER.toMac)));
    if (readHead(payloadOf(frame))!.kind === DATA) at.push(host.now);
  };
  // The guest's thread has no core for 20 ms, in the middle of something.
  host.at(50 * MS, () => (host.now += 20 * MS));
  host.run(STREAM);
  // 1,699 are due; those of the last tick are left where the time ends first.
  expect(at.length).toBeGreaterThanOrEqual(1683);
  const after = at.filter((time) => time > at[0]! + 55 * MS);
  for (const time of after) {
    const within = at.filter((other) => other >= time && other < time + 5 * MS).length;
    expect(within).toBeLessThan(2.2 * 5 * 8.5 + 16);
  }
});

test("a receiver that comes up later is asked for until it is there", () => {
  const { code, data } = run([...TO, "--count", "5"], { upAt: 3 * SECOND, reports: all });
  expect(code).toBe(0);
  expect(data).toHaveLength(5);
  expect(data[0]!.at).toBeGreaterThan(4 * SECOND);
});

test("nobody there: 1, after a while, and in words", () => {
  const { host, code, data } = run([...TO]);
  expect(code).toBe(1);
  expect(data).toEqual([]);
  expect(lines(host)[1]).toBe("stream: 10.0.0.2 is not to be found");
  expect((host.now - SECOND) / SECOND).toBeCloseTo(10, 1);
  expect(host.waits).toBeLessThan(100);
});

test("no way to another network: 1 at once", () => {
  const { host, code } = run(["--to", "192.0.2.1"]);
  expect(code).toBe(1);
  expect(host.now - SECOND).toBeLessThan(MS);
});

test("a receiver that reports nothing is asked ten times; what was sent is 0", () => {
  const { host, code, finishes } = run([...TO, "--count", "5"], {});
  expect(code).toBe(0);
  expect(finishes).toHaveLength(10);
  expect(lines(host).at(-1)).toBe("10.0.0.2 sent no report");
});

test("what is missing in the report is asked for again, and is lost if it stays so", () => {
  const { host, code, finishes } = run([...TO, "--count", "5"], {
    reports: (_asked, sent) => ({ received: sent - 1, bytes: 4 * 1472, ns: SECOND, disordered: 2 }),
  });
  expect(code).toBe(1);
  expect(finishes).toHaveLength(3);
  expect(lines(host).at(-1)).toBe("10.0.0.2 got 5.9 kB in 1.0 s, 47.1 kbit/s, 1 of 5 lost, 2 out of order");
});

test("what was only late is not lost", () => {
  const { host, code, finishes } = run([...TO, "--count", "5"], {
    reports: (asked, sent) => ({ received: asked === 1 ? 3 : sent, duplicates: 1 }),
  });
  expect(code).toBe(0);
  expect(finishes).toHaveLength(2);
  expect(host.log).toContain("0 of 5 lost, 0 out of order, 1 twice");
});

test.each<[string, Partial<Report>]>([
  ["of another run", { run: 77, received: 5 }],
  ["of another number", { number: 4, received: 5 }],
  ["of another kind", { kind: DATA, received: 5 }],
  ["with another magic", { magic: 1, received: 5 }],
  ["that was cut", { bytesMax: 63, received: 5 }],
])("a report %s is none", (_name, answer) => {
  const { host, code } = run([...TO, "--count", "5"], { reports: () => answer });
  expect(code).toBe(0);
  expect(host.log).toContain("sent no report");
});

test("a report of more than was sent harms nobody", () => {
  const most = 2 ** 53;
  const { host, code } = run([...TO, "--count", "5"], {
    reports: () => ({ received: most, bytes: 2 ** 63, disordered: most, duplicates: most, ns: 1 }),
  });
  expect(code).toBe(0);
  expect(host.log).toContain("9223372 TB in 0.0 s, 1000000 Tbit/s");
  expect(host.log).toContain("0 of 5 lost, 9,007,199,254,740,992 out of order");
});

test("a link without room is waited for, and decides the rate", () => {
  const { host, code, data } = run(
    [...TO, "--rate", "100Mbps", "--for", "100ms"],
    { reports: all },
    { signalAnswers: [0, 0, ...Array.from({ length: 40 }, () => 2000)] },
  );
  expect(code).toBe(0);
  expect(data.map(({ number }) => number)).toEqual(data.map((_, index) => index));
  expect(data.length).toBeGreaterThan(100);
  expect(data.length).toBeLessThan(850);
  expect(host.waits).toBeLessThan(300);
});

test("a link that never takes the rest is told of, and 1", () => {
  const { host, code } = run(
    [...TO, "--rate", "100Mbps", "--for", "20ms"],
    { reports: all },
    { signalAnswers: [0, 0, ...Array.from({ length: 1000 }, () => 100_000)] },
  );
  expect(code).toBe(1);
  expect(host.log).toContain("and the link has not taken all of them");
  expect(host.log).toContain("sent no report");
});

test("asked to stop, it says what it has so far and asks once more", () => {
  const { host, code, finishes } = run([...TO, "--rate", "10Mbps"], { reports: all }, { stopAt: 1500 * MS });
  expect(code).toBe(0);
  expect(finishes).toHaveLength(1);
  expect(lines(host)[2]).toMatch(/^sent 1\.9 MB in 1\.5 s, 10\.0 Mbit\/s, 1,27\d datagrams$/);
  expect(host.now - SECOND).toBeLessThan(1510 * MS);
});

test("a device that goes ends the run with 1", () => {
  const host = new TestHost({ devices: [ETH0], args: [...TO, "--rate", "10Mbps"] });
  host.onSend = (frame) =>
    frame[13] === 6 && host.in(US, () => host.deliver(1, frames.arp(2, PEER, PEER.toMac)));
  host.at(250 * MS, () => host.change(2, ETH0));
  expect(host.run(STREAM)).toBe(1);
  expect(host.log.match(/stream: eth0 is gone/g)).toHaveLength(1);
  expect(host.log).toContain("sent ");
});

test("it answers others while it sends, and after a flood of them it goes on", () => {
  const host = new TestHost({ devices: [ETH0], args: [...TO, "--rate", "10Mbps", "--for", "100ms"] });
  host.onSend = (frame) =>
    frame[13] === 6 && host.in(US, () => host.deliver(1, frames.arp(2, PEER, PEER.toMac)));
  for (let i = 0; i < 200; i++)
    host.at(50 * MS, () => host.deliver(1, frames.icmp(PEER, { type: 8, id: 1, sequence: i, data: [] })));
  expect(host.run(STREAM)).toBe(0);
  expect(host.sent.filter(({ frame }) => frame[13] === 0 && frame[23] === 1)).toHaveLength(200);
  expect(host.log).toContain(", 85 datagrams");
});

const NEEDS_RATE = "--rate needs a rate from 1kbps to 1000Gbps";
const NEEDS_SIZE = "--size needs a number of bytes from 24 to 65507";
test.each([
  [[], "--to needs an address, such as 10.0.0.2"],
  [["--to", "sink"], "--to needs an address, such as 10.0.0.2, not sink"],
  [[...TO, "--rate"], NEEDS_RATE],
  [[...TO, "--rate", "100"], `${NEEDS_RATE}, not 100`],
  [[...TO, "--rate", "100mbps"], `${NEEDS_RATE}, not 100mbps`],
  [[...TO, "--rate", "999bps"], `${NEEDS_RATE}, not 999bps`],
  [[...TO, "--rate", "1001Gbps"], `${NEEDS_RATE}, not 1001Gbps`],
  [[...TO, "--rate", "99999999999Gbps"], `${NEEDS_RATE}, not 99999999999Gbps`],
  [[...TO, "--for", "0s"], "--for needs a duration, such as 2s, not 0s"],
  [[...TO, "--for", "2"], "--for needs a duration, such as 2s, not 2"],
  [[...TO, "--count", "0"], "--count needs a number from 1 on, not 0"],
  [[...TO, "--size", "23"], `${NEEDS_SIZE}, not 23`],
  [[...TO, "--port", "0"], "--port needs a port from 1 to 65535, not 0"],
  [[...TO, "--port", "65536"], "--port needs a port from 1 to 65535, not 65536"],
  [[...TO, "--fast"], "--fast is no option of this guest"],
])("wrong arguments %j are told of, with the usage, and end with 2", (args, told) => {
  const { host, code } = run(args);
  expect(code).toBe(2);
  expect(lines(host)[0]).toBe(`stream: ${told}`);
  expect(lines(host)[1]).toMatch(/^usage: stream --to ADDR/);
  expect(lines(host)).toHaveLength(2);
});

test("a size beyond the MTU is told of, and the largest fits", () => {
  const { host, code } = run([...TO, "--size", "1473"]);
  expect(code).toBe(2);
  expect(host.log).toBe("stream: --size can be at most 1472 with an MTU of 1500\n");
  const devices = [{ ...ETH0, mtu: 65_536 }];
  const jumbo = run([...TO, "--count", "2", "--rate", "1Gbps"], { reports: all }, { devices, pages: 64 });
  expect([jumbo.code, jumbo.data[0]!.bytes]).toEqual([0, 65_507]);
});

test.each([
  ["no device", { devices: [] }, "stream: there is no network device to use\n"],
  [
    "a device in use",
    { openResult: -16 },
    "stream: eth0 is in use by another guest\nstream: there is no network device to use\n",
  ],
])("%s is told in words", (_name, options, log) => {
  const { host, code } = run(TO, undefined, options);
  expect([code, host.log]).toEqual([1, log]);
});

test("a device that isn't there is told of, with the usage", () => {
  const { host, code } = run([...TO, "--device", "eth7"]);
  expect(code).toBe(2);
  expect(host.log).toMatch(/^stream: there is no such network device\nusage: stream/);
});

test("stream stays under 32 KiB", () => {
  expect(statSync(STREAM).size).toBeLessThan(32 * 1024);
});
