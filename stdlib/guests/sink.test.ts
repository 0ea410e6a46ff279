// The guest `sink` under the protocol of docs/abi.md: what it counts, says and answers, whoever sends and
// whatever comes of it, in whichever order.

import { statSync } from "node:fs";
import { expect, test } from "vitest";
import * as frames from "./test/frames.ts";
import type { Device, HostOptions } from "./test/host.ts";
import { TestHost } from "./test/host.ts";
import { datagram, FINISH, payloadOf, readHead, readReport, REPORT } from "./test/stream-wire.ts";

const SINK = new URL("./build/sink.wasm", import.meta.url);
const MS = 1_000_000;
const ETH0: Device = { id: 1, name: "eth0", mac: "02:00:00:00:00:01", ip: "10.0.0.1" };
const SENDER: frames.Ends = {
  fromMac: "02:00:00:00:00:09",
  toMac: "02:00:00:00:00:01",
  fromIp: "10.0.0.9",
  toIp: "10.0.0.1",
};
const PORTS: readonly [number, number] = [50_000, 5001];

const data = (number: number, run = 1, bytes = 1000): Uint8Array =>
  frames.udp(SENDER, PORTS, datagram({ number, run }, bytes));
const finish = (number: number, run = 1): Uint8Array =>
  frames.udp(SENDER, PORTS, datagram({ kind: FINISH, number, run }));

interface Outcome {
  readonly host: TestHost;
  /** Its log without the line that it is ready. */
  readonly told: readonly string[];
  readonly reports: readonly Record<string, number>[];
}

/** Delivers these frames, one a millisecond, and stops the sink at `stopAt`. */
function run(delivered: readonly Uint8Array[], options: HostOptions = {}): Outcome {
  const host = new TestHost({ devices: [ETH0], stopAt: 20_000 * MS, ...options });
  delivered.forEach((frame, index) =>
    host.at((10 + index) * MS, () => expect(host.deliver(1, frame)).toBe(true)),
  );
  expect(host.run(SINK)).toBe(0);
  const [ready, ...told] = host.log.trimEnd().split("\n");
  expect(ready).toBe("sink: eth0 10.0.0.1 ready");
  const payloads = host.sent.filter(({ frame }) => frame[23] === 17).map(({ frame }) => payloadOf(frame));
  const reports = payloads.filter((payload) => readHead(payload)?.kind === REPORT).map(readReport);
  return { host, told, reports };
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

test("a stream that arrives whole is one line, and its sender is told", () => {
  const { told, reports, host } = run([...numbers(0, 101).map((n) => data(n)), finish(101)]);
  expect(told).toEqual(["from 10.0.0.9: 101 kB in 0.1 s, 8.1 Mbit/s, 0 of 101 lost, 0 out of order"]);
  expect(reports).toMatchObject([{ received: 101, bytes: 101_000, disordered: 0, duplicates: 0 }]);
  expect(reports[0]!["ns"]! / MS).toBeCloseTo(100, 1);
  const report = host.sent.at(-1)!.frame;
  expect(frames.hex(frames.withoutIdentification(report))).toBe(
    frames.hex(
      frames.withoutIdentification(frames.udp(frames.turned(SENDER), [5001, 50_000], [...payloadOf(report)])),
    ),
  );
  expect(readHead(payloadOf(report))).toEqual({ kind: REPORT, run: 1, number: 101 });
});

test.each<[string, number[], number, string]>([
  ["lost in the middle", [0, 1, 4, 5], 6, "2 of 6 lost, 0 out of order"],
  ["lost at the end", [0, 1, 2], 6, "3 of 6 lost, 0 out of order"],
  ["lost at the beginning", [3, 4, 5], 6, "3 of 6 lost, 0 out of order"],
  ["all lost", [], 6, "6 of 6 lost, 0 out of order"],
  ["swapped", [1, 0, 2, 4, 3, 5], 6, "0 of 6 lost, 2 out of order"],
  ["late, over a gap", [0, 5, 1, 2], 6, "2 of 6 lost, 2 out of order"],
  ["twice", [0, 1, 1, 2, 0, 2], 3, "0 of 3 lost, 0 out of order, 3 twice"],
  [
    "a jump of a whole window",
    [0, 4096, 1, 4097, 4096],
    4098,
    "4,094 of 4,098 lost, 1 out of order, 1 twice",
  ],
  ["a jump beyond it", [0, 9999, 1, 9998], 10_000, "9,997 of 10,000 lost, 1 out of order, 1 twice"],
  [
    "late, where another came a window ago",
    [5, 3000, 4200, 4101],
    4201,
    "4,197 of 4,201 lost, 1 out of order",
  ],
  ["fewer than came", [0, 1, 2, 3], 2, "0 of 4 lost, 0 out of order"],
])("%s: counted as such", (_name, sequence, total, told) => {
  const outcome = run([...sequence.map((number) => data(number)), finish(total)]);
  expect(outcome.told).toHaveLength(1);
  expect(outcome.told[0]!.endsWith(told), outcome.told[0]).toBe(true);
});

test("every number may come in any order within the window", () => {
  const shuffled = numbers(0, 500).map((n) => (n * 181) % 500);
  const { told } = run([...shuffled.map((n) => data(n)), finish(500)]);
  expect(told[0]).toContain("0 of 500 lost");
  expect(told[0]).not.toContain("twice");
});

test("what the end has overtaken still counts, and the line waits for it", () => {
  const { told, reports } = run([data(0), finish(3), data(2), data(1), finish(3)]);
  expect(reports.map(({ received }) => received)).toEqual([1, 3]);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("0 of 3 lost, 2 out of order");
});

test("a sender that falls silent has a line after five seconds, without an end", () => {
  const { host, told } = run([data(0), data(1)], { stopAt: 5100 * MS });
  expect(told).toEqual([
    "from 10.0.0.9: 2.0 kB in 0.0 s, 16.0 Mbit/s, 0 of 2 lost, 0 out of order, no end heard",
  ]);
  expect(host.waits).toBeLessThan(20);
});

test("asked to stop, it says what it has so far", () => {
  const { told } = run([data(0), data(2)], { stopAt: 100 * MS });
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("1 of 3 lost, 0 out of order, no end heard");
});

test("senders are told apart, and so are runs of the same one", () => {
  const other = { ...SENDER, fromIp: "10.0.0.8", fromMac: "02:00:00:00:00:08" };
  const { told } = run([
    data(0),
    frames.udp(other, PORTS, datagram({ number: 0 }, 1000)),
    data(1),
    finish(2),
    data(0, 2),
    frames.udp(other, PORTS, datagram({ number: 3 }, 1000)),
    finish(1, 2),
    frames.udp(other, PORTS, datagram({ kind: FINISH, number: 4 })),
  ]);
  expect(told.map((line) => /from (\S+): .*?([\d,]+ of [\d,]+ lost)/.exec(line)!.slice(1))).toEqual([
    ["10.0.0.9", "0 of 2 lost"],
    ["10.0.0.9", "0 of 1 lost"],
    ["10.0.0.8", "2 of 4 lost"],
  ]);
});

test("beyond 64 runs at a time, a new one waits until another is over", () => {
  const { told, reports } = run([
    ...numbers(1, 65).map((n) => data(0, n)),
    finish(1, 65),
    finish(1, 7),
    data(0, 66),
    finish(1, 66),
  ]);
  expect(reports).toHaveLength(2);
  expect(told).toHaveLength(65);
  expect(told.filter((line) => !line.includes("no end heard"))).toHaveLength(2);
});

test.each<[string, Uint8Array]>([
  ["nothing in it", frames.udp(SENDER, PORTS, [])],
  ["a cut head", frames.udp(SENDER, PORTS, datagram({}).slice(0, 23))],
  ["another magic", frames.udp(SENDER, PORTS, [1, ...datagram({}).slice(1)])],
  ["an unknown kind", frames.udp(SENDER, PORTS, datagram({ kind: 9 }))],
  ["a report", frames.udp(SENDER, PORTS, datagram({ kind: REPORT }, 64))],
  ["a number of 2^53", frames.udp(SENDER, PORTS, datagram({ number: 2 ** 53 }))],
  ["an end of 2^53", finish(2 ** 53)],
  ["another port", frames.udp(SENDER, [50_000, 5002], datagram({}))],
  ["a wrong checksum", (() => data(0).map((byte, at) => (at === 60 ? byte ^ 1 : byte)))()],
])("a datagram with %s is nobody's", (_name, frame) => {
  const { told, reports } = run([frame, data(0), finish(1)]);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("1.0 kB in 0.0 s, 0 of 1 lost, 0 out of order");
  expect(reports).toHaveLength(1);
});

test("the largest numbers are told, not believed", () => {
  const { told } = run([data(0), data(2 ** 53 - 1), data(2 ** 53 - 2), finish(2 ** 53 - 1)]);
  expect(told[0]).toContain("9,007,199,254,740,989 of 9,007,199,254,740,992 lost, 1 out of order");
});

test("it answers arp, ping and the echo port, and takes another port by --port", () => {
  const ping = frames.icmp(SENDER, { type: 8, id: 1, sequence: 1, data: [1] });
  const question = frames.arp(1, { ...SENDER, toMac: "ff:ff:ff:ff:ff:ff" });
  const at9 = frames.udp(SENDER, [50_000, 9], datagram({ kind: FINISH, number: 0 }));
  const { host, reports } = run([question, ping, frames.udp(SENDER, [4000, 7], [1]), data(0), at9], {
    args: ["--port", "9"],
  });
  expect(host.sent.map(({ frame }) => (frame[13] === 6 ? "arp" : frame[23]))).toEqual([
    "arp",
    "arp",
    1,
    17,
    17,
  ]);
  expect(reports).toHaveLength(1);
});

test("all venets are served, also those that come later", () => {
  const eth1: Device = { id: 2, name: "eth1", mac: "02:00:00:00:00:02", ip: "10.9.0.1" };
  const second = { ...SENDER, toMac: eth1.mac, toIp: eth1.ip, fromIp: "10.9.0.9" };
  const host = new TestHost({ devices: [ETH0], stopAt: 500 * MS });
  host.at(10 * MS, () => host.change(1, eth1));
  host.at(20 * MS, () => host.deliver(2, frames.udp(second, PORTS, datagram({ kind: FINISH, number: 0 }))));
  expect(host.run(SINK)).toBe(0);
  expect(host.log).toContain("sink: eth1 10.9.0.1 ready\nfrom 10.9.0.9: 0 B in 0.0 s, 0 of 0 lost");
  expect(host.sent.at(-1)!.device).toBe(2);
});

test.each([
  [["--port"], "--port needs a port from 1 to 65535"],
  [["--port", "0"], "--port needs a port from 1 to 65535, not 0"],
  [["--port", "http"], "--port needs a port from 1 to 65535, not http"],
  [["--to", "10.0.0.1"], "--to is no option of this guest"],
])("wrong arguments %j are told of, with the usage, and end with 2", (args, told) => {
  const host = new TestHost({ devices: [ETH0], args });
  expect(host.run(SINK)).toBe(2);
  expect(host.log).toBe(`sink: ${told}\nusage: sink [--port N]\n`);
});

test("sink stays under 32 KiB", () => {
  expect(statSync(SINK).size).toBeLessThan(32 * 1024);
});
