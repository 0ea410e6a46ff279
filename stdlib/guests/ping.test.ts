// The guest `ping` under the protocol of docs/abi.md: what it sends, what it prints, and when, with peers
// that answer, are late, answer twice, come up later, or say nothing.

import { expect, test } from "vitest";
import * as frames from "./test/frames.ts";
import type { Device, HostOptions } from "./test/host.ts";
import { TestHost } from "./test/host.ts";

const PING = new URL("./build/ping.wasm", import.meta.url);
const US = 1_000;
const MS = 1_000_000;
const SECOND = 1_000_000_000;
const START = SECOND;
const ETH0: Device = { id: 1, name: "eth0", mac: "02:00:00:00:00:01", ip: "10.0.0.1" };
const PEER: frames.Ends = {
  fromMac: "02:00:00:00:00:02",
  toMac: "02:00:00:00:00:01",
  fromIp: "10.0.0.2",
  toIp: "10.0.0.1",
};
const TO = ["--to", "10.0.0.2"];

/** How the peer treats the n-th echo request (from 1 on): delays of its answers, in nanoseconds. */
type Treatment = (sequence: number, host: TestHost) => readonly number[];

interface Peer {
  readonly upAt?: number;
  readonly answers?: Treatment;
  /** Whom the frames go to, where that is a gateway. */
  readonly arpIp?: string;
  readonly changed?: (answer: Uint8Array) => Uint8Array;
}

function run(
  args: readonly string[],
  peer?: Peer,
  options: HostOptions = {},
): { host: TestHost; code: number } {
  const host = new TestHost({ devices: [ETH0], args, ...options });
  if (peer !== undefined) host.onSend = (frame) => answer(host, frame, peer);
  return { host, code: host.run(PING) };
}

function answer(host: TestHost, frame: Uint8Array, peer: Peer): void {
  if (host.now < START + (peer.upAt ?? 0)) return;
  const arpIp = peer.arpIp ?? PEER.fromIp;
  if (frame[13] === 6) {
    if (frame.slice(38, 42).join(".") !== arpIp) return;
    host.in(20 * US, () => host.deliver(1, frames.arp(2, { ...PEER, fromIp: arpIp }, PEER.toMac)));
    return;
  }
  const sequence = frame[40]! * 256 + frame[41]!;
  for (const delay of (peer.answers ?? (() => [30 * US]))(sequence, host)) {
    const echo = {
      type: 0,
      id: frame[38]! * 256 + frame[39]!,
      sequence,
      data: [...frame.slice(42)],
    } as const;
    const reply = frames.icmp({ ...PEER, fromIp: frame.slice(30, 34).join(".") }, echo);
    const deliver = (): unknown => host.deliver(1, peer.changed?.(reply) ?? reply);
    if (delay === 0) deliver();
    else host.in(delay, deliver);
  }
}

const lines = (host: TestHost): string[] => host.log.trimEnd().split("\n");
const echoes = (host: TestHost): Uint8Array[] =>
  host.sent.map((sent) => sent.frame).filter((frame) => frame[13] === 0);

test("five answered pings read as everybody knows them", () => {
  const { host, code } = run([...TO, "--count", "5"], {});
  expect(code).toBe(0);
  expect(host.log.replaceAll(/\d\.\d{3}/g, "#")).toBe(
    [
      "PING 10.0.0.2: 56 data bytes",
      ...[1, 2, 3, 4, 5].map((n) => `64 bytes from 10.0.0.2: icmp_seq=${n} ttl=64 time=# ms`),
      "--- 10.0.0.2 ping statistics ---",
      "5 packets transmitted, 5 received, 0% packet loss",
      "rtt p50 = # ms, p99 = # ms\n",
    ].join("\n"),
  );
});

test("requests are sound and go out at the interval", () => {
  const { host } = run([...TO, "--count", "4", "--interval", "20ms", "--size", "5"], {});
  const out = echoes(host);
  expect(out.map((frame) => frame[41])).toEqual([1, 2, 3, 4]);
  for (const frame of out) {
    expect(frames.checksum([...frame.slice(14, 34)])).toBe(0);
    const echo = {
      type: 8,
      id: frame[38]! * 256 + frame[39]!,
      sequence: frame[41]!,
      data: [0, 1, 2, 3, 4],
    } as const;
    const expected = frames.icmp(frames.turned(PEER), echo);
    expect(frames.hex(frames.withoutIdentification(frame))).toBe(
      frames.hex(frames.withoutIdentification(expected)),
    );
  }
  const times = host.sent.filter((sent) => sent.frame[13] === 0).map((sent) => sent.at);
  for (let i = 1; i < times.length; i++) expect((times[i]! - times[i - 1]!) / MS).toBeCloseTo(20, 1);
});

test("the percentiles are those of the round trips", () => {
  const delays = Array.from({ length: 100 }, (_, i) => ((i * 37) % 100) + 1);
  const answers: Treatment = (sequence) => [delays[sequence - 1]! * MS];
  const { host } = run([...TO, "--count", "100", "--interval", "150ms"], { answers });
  const [, p50, p99] = /rtt p50 = (.*) ms, p99 = (.*) ms/.exec(host.log)!;
  expect(Number(p50)).toBeCloseTo(50, 0);
  expect(Number(p99)).toBeCloseTo(99, 0);
});

test("a lost answer is a timeout, and counts", () => {
  const { host, code } = run([...TO, "--count", "4", "--timeout", "50ms"], {
    answers: (n) => (n === 2 ? [] : [30 * US]),
  });
  expect(code).toBe(0);
  expect(lines(host)[2]).toBe("icmp_seq=2 timeout");
  expect(host.log).toContain("4 packets transmitted, 3 received, 25% packet loss");
});

test("timeouts come in order while later requests are answered", () => {
  const { host } = run([...TO, "--count", "9", "--interval", "10ms", "--timeout", "95ms"], {
    answers: (n) => (n % 3 === 0 ? [] : [US]),
  });
  expect(host.log.match(/icmp_seq=\d+/g)!.map((text) => Number(text.slice(9)))).toEqual([
    1, 2, 4, 5, 7, 8, 3, 6, 9,
  ]);
  expect(host.log).toContain("9 packets transmitted, 6 received, 33.333% packet loss");
});

test("a late answer is shown and not counted as received", () => {
  const { host, code } = run([...TO, "--count", "2", "--interval", "1s", "--timeout", "100ms"], {
    answers: (n) => (n === 1 ? [300 * MS] : []),
  });
  expect(code).toBe(1);
  expect(host.log).toMatch(
    /icmp_seq=1 timeout\n64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=300\.\d{3} ms \(late\)/,
  );
  expect(host.log).toContain("2 packets transmitted, 0 received, +1 late, 100% packet loss");
  expect(host.log).not.toContain("rtt");
});

test("a second answer is shown as a duplicate and counted once", () => {
  const { host } = run([...TO, "--count", "2"], { answers: (n) => (n === 1 ? [US, 2 * US] : [US]) });
  expect(host.log).toContain("(duplicate)");
  expect(host.log).toContain("2 packets transmitted, 2 received, +1 duplicates, 0% packet loss");
});

test("nobody there: timeouts, statistics, and 1", () => {
  const { host, code } = run([...TO, "--count", "3", "--timeout", "200ms"]);
  expect(code).toBe(1);
  expect(lines(host)).toEqual([
    "PING 10.0.0.2: 56 data bytes",
    ...[1, 2, 3].map((n) => `icmp_seq=${n} timeout`),
    "--- 10.0.0.2 ping statistics ---",
    "3 packets transmitted, 0 received, 100% packet loss",
  ]);
  expect(echoes(host)).toEqual([]);
});

test("a peer that comes up within the timeout loses nothing", () => {
  const { host, code } = run([...TO, "--count", "3"], { upAt: 700 * MS });
  expect(code).toBe(0);
  expect(host.log).toContain("3 packets transmitted, 3 received, 0% packet loss");
});

test("arp is asked soon at first, then less often, and no more once it is answered", () => {
  const { host } = run([...TO, "--count", "1"], { upAt: 500 * MS });
  const asked = host.sent.slice(1).filter((sent) => sent.frame[13] === 6);
  expect(asked.map((sent) => Math.round((sent.at - START) / MS))).toEqual([0, 10, 30, 70, 150, 310, 510]);
});

test("a peer that announces itself needn't be asked again", () => {
  const host = new TestHost({ devices: [ETH0], args: [...TO, "--count", "1"] });
  host.onSend = (frame) => frame[13] === 0 && answer(host, frame, {});
  host.at(5 * MS, () =>
    host.deliver(1, frames.arp(1, { ...PEER, toIp: PEER.fromIp, toMac: "ff:ff:ff:ff:ff:ff" })),
  );
  expect(host.run(PING)).toBe(0);
  expect(host.sent.filter((sent) => sent.frame[13] === 6)).toHaveLength(2);
});

test("another network is reached through the gateway", () => {
  const devices = [{ ...ETH0, gateway: "10.0.0.254" }];
  const { host, code } = run(["--to", "192.0.2.1", "--count", "2"], { arpIp: "10.0.0.254" }, { devices });
  expect(code).toBe(0);
  expect(host.log).toContain("64 bytes from 192.0.2.1: icmp_seq=2");
});

test("without a gateway another network is a timeout, and no busy waiting", () => {
  const { host, code } = run(["--to", "192.0.2.1", "--count", "1"]);
  expect(code).toBe(1);
  expect(host.sent).toHaveLength(1);
  expect(host.waits).toBeLessThan(5);
});

test("strangers' answers and broken ones are nobody's", () => {
  const stranger = (reply: Uint8Array): Uint8Array => {
    const copy = reply.slice();
    copy[39]! ^= 1; // Another identifier: the checksum is wrong too.
    return copy;
  };
  expect(run([...TO, "--count", "2", "--timeout", "50ms"], { changed: stranger }).code).toBe(1);
});

test("more than 65,536 requests: sequence numbers begin again", () => {
  const { host, code } = run([...TO, "--count", "65600", "--interval", "0s"], { answers: () => [0] });
  expect(code).toBe(0);
  expect(host.log).toContain("icmp_seq=65600 ttl");
  expect(host.log).toContain("65600 packets transmitted, 65600 received, 0% packet loss");
});

test("the smallest loss is not shown as none", () => {
  const { host } = run([...TO, "--count", "3000", "--interval", "1us", "--timeout", "1ms"], {
    answers: (n) => (n === 1500 ? [] : [US]),
  });
  expect(host.log).toContain("3000 packets transmitted, 2999 received, 0.033% packet loss");
});

test("a link without room is waited for", () => {
  const { host, code } = run(
    [...TO, "--count", "40", "--interval", "0s"],
    {},
    { signalAnswers: [0, 0, ...Array.from({ length: 9 }, () => 5000)] },
  );
  expect(code).toBe(0);
  expect(host.log).toContain("40 packets transmitted, 40 received, 0% packet loss");
  expect(host.waits).toBeLessThan(500);
});

test("asked to stop, it says what it has so far", () => {
  const { host, code } = run([...TO, "--count", "1000"], {}, { stopAt: 250 * MS });
  expect(code).toBe(0);
  expect(host.log).toContain("3 packets transmitted, 3 received, 0% packet loss");
});

test("a device that goes ends the run", () => {
  const host = new TestHost({ devices: [ETH0], args: [...TO, "--count", "1000"] });
  host.onSend = (frame) => answer(host, frame, {});
  host.at(250 * MS, () => host.change(2, ETH0));
  expect(host.run(PING)).toBe(0);
  expect(host.log).toContain(
    "ping: eth0 is gone\n--- 10.0.0.2 ping statistics ---\n3 packets transmitted, 3 received",
  );
});

test("it answers others while it asks", () => {
  const host = new TestHost({ devices: [ETH0], args: [...TO, "--count", "1", "--timeout", "100ms"] });
  host.at(50 * MS, () => host.deliver(1, frames.icmp(PEER, { type: 8, id: 1, sequence: 1, data: [] })));
  host.run(PING);
  expect(echoes(host)).toHaveLength(1);
});

test("a log without room is waited for, line by line", () => {
  const { host } = run([...TO, "--count", "3"], {}, { logBusy: true, writeMax: 10 });
  expect(host.log).toMatch(/^PING 10.0.0.2: 56 data bytes\n64 bytes from .*icmp_seq=1/);
  expect(host.log.endsWith(" ms\n")).toBe(true);
});

test("the named device is used, and the first one otherwise", () => {
  const devices = [ETH0, { ...ETH0, id: 2, name: "wan" }];
  const { host } = run([...TO, "--count", "1", "--device", "wan", "--timeout", "10ms"], undefined, {
    devices,
  });
  expect([...host.rings.keys()]).toEqual(["2:0", "2:1"]);
  const first = run([...TO, "--count", "1", "--timeout", "10ms"], undefined, { devices });
  expect([...first.host.rings.keys()]).toEqual(["1:0", "1:1"]);
});

test.each([
  ["no device", { devices: [] }, 1, "ping: there is no network device to use\n"],
  [
    "a device in use",
    { openResult: -16 },
    1,
    "ping: eth0 is in use by another guest\nping: there is no network device to use\n",
  ],
])("%s is told in words", (_name, options, code, log) => {
  const result = run(TO, undefined, options);
  expect(result.code).toBe(code);
  expect(result.host.log).toBe(log);
});

test.each([
  ["20ms", 20 * MS],
  ["1.5s", 1.5 * SECOND],
  ["250us", 250 * US],
  ["90min", 5400 * SECOND],
  ["0.1h", 360 * SECOND],
  ["0.01d", 864 * SECOND],
  ["500000ns", 500 * US],
  ["0.001s", MS],
])("a timeout of %s is that long", (text, ns) => {
  const { host, code } = run([...TO, "--count", "1", "--timeout", text]);
  expect(code).toBe(1);
  const took = host.now - START;
  expect(took).toBeGreaterThanOrEqual(ns);
  expect(took).toBeLessThan(ns + 400 * US);
});

test.each([
  [[], "--to needs an address, such as 10.0.0.2"],
  [["--to"], "--to needs an address, such as 10.0.0.2"],
  [["--to", "10.0.0"], "--to needs an address, such as 10.0.0.2, not 10.0.0"],
  [["--to", "10.0.0.256"], "--to needs an address, such as 10.0.0.2, not 10.0.0.256"],
  [["--to", "10.0.0.1.2"], "--to needs an address, such as 10.0.0.2, not 10.0.0.1.2"],
  [["--to", "server"], "--to needs an address, such as 10.0.0.2, not server"],
  [["--to", ""], "--to needs an address, such as 10.0.0.2, not "],
  [[...TO, "--count", "0"], "--count needs a number from 1 on, not 0"],
  [[...TO, "--count", "-1"], "--count needs a number from 1 on, not -1"],
  [[...TO, "--count", "99999999999999999999"], "--count needs a number from 1 on, not 99999999999999999999"],
  [[...TO, "--interval", "20"], "--interval needs a duration, such as 20ms, not 20"],
  [[...TO, "--interval", "ms"], "--interval needs a duration, such as 20ms, not ms"],
  [[...TO, "--interval", "1.ms"], "--interval needs a duration, such as 20ms, not 1.ms"],
  [[...TO, "--timeout", "0s"], "--timeout needs a duration, such as 1s, not 0s"],
  [[...TO, "--timeout", "99999999d"], "--timeout needs a duration, such as 1s, not 99999999d"],
  [[...TO, "--size", "65508"], "--size needs a number of bytes up to 65507, not 65508"],
  [[...TO, "--size", "64KiB"], "--size needs a number of bytes up to 65507, not 64KiB"],
  [[...TO, "--device"], "--device needs the name of a device, such as eth0"],
  [[...TO, "--verbose"], "--verbose is no option of this guest"],
  [[...TO, "x".repeat(200)], `${"x".repeat(64)} is no option of this guest`],
])("wrong arguments %j are told of, with the usage, and end with 2", (args, told) => {
  const { host, code } = run(args);
  expect(code).toBe(2);
  expect(lines(host)[0]).toBe(`ping: ${told}`);
  expect(lines(host)[1]).toMatch(/^usage: ping --to ADDR/);
  expect(lines(host)).toHaveLength(2);
});

test("a device that isn't there is told of, with the usage", () => {
  const { host, code } = run([...TO, "--device", "eth7"]);
  expect(code).toBe(2);
  expect(host.log).toMatch(/^ping: there is no such network device\nusage: ping/);
});

test("a size beyond the MTU is told of", () => {
  const { host, code } = run([...TO, "--size", "1473"]);
  expect(code).toBe(2);
  expect(host.log).toBe("ping: --size can be at most 1472 with an MTU of 1500\n");
  expect(run([...TO, "--size", "1472", "--count", "1"], {}).code).toBe(0);
  expect(run([...TO, "--size", "1KiB", "--count", "1"], {}).host.log).toContain("1032 bytes from");
});
