import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFrame } from "./decode.ts";

const seed = Number(process.env["SEED"] ?? 1);
const HEAD = "020000000002 020000000001";
const IP4 = (protocol: string, rest: string, length = "0054"): string =>
  `${HEAD} 0800 4500${length}00004000 40${protocol}0000 0a000001 0a000002 ${rest}`;
const IP6 = (next: string, rest: string): string =>
  `${HEAD} 86dd 60000000 0040 ${next} ff fe80000000000000 0000000000000001 ff02000000000000 0000000000000001 ${rest}`;
const hex = (text: string): string => Buffer.from(text).toString("hex");

function frameOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
}

const CASES: readonly (readonly [name: string, frame: string, expected: string])[] = [
  [
    "an ARP request",
    `ffffffffffff 020000000001 0806 0001080006040001 020000000001 0a000001 000000000000 0a000002`,
    "ARP 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff who has 10.0.0.2? tell 10.0.0.1",
  ],
  [
    "an ARP answer",
    `${HEAD} 0806 0001080006040002 020000000002 0a000002 020000000001 0a000001`,
    "ARP 02:00:00:00:00:01 > 02:00:00:00:00:02 10.0.0.2 is at 02:00:00:00:00:02",
  ],
  ["a ping", IP4("01", "0800 0000 0001 0007"), "ICMP 10.0.0.1 > 10.0.0.2 echo request id 1 seq 7"],
  ["a closed port", IP4("01", "0303 0000"), "ICMP 10.0.0.1 > 10.0.0.2 port unreachable"],
  [
    "the beginning of a connection",
    IP4("06", "1092 0050 00000001 00000000 5002 0200 0000 0000", "0028"),
    "TCP 10.0.0.1:4242 > 10.0.0.2:80 SYN seq 1 len 0",
  ],
  [
    "a request",
    IP4("06", `1092 0050 00000001 00000002 5018 0200 0000 0000 ${hex("GET /a HTTP/1.1\r\nHost: x\r\n")}`),
    "HTTP 10.0.0.1:4242 > 10.0.0.2:80 GET /a HTTP/1.1",
  ],
  [
    "bytes of a connection",
    IP4("06", `0050 1092 00000001 00000002 5010 0200 0000 0000 ${hex("xyz")}`, "002b"),
    "TCP 10.0.0.1:80 > 10.0.0.2:4242 ACK seq 1 ack 2 len 3",
  ],
  [
    "a name that is asked for",
    IP4(
      "11",
      `1092 0035 0028 0000 0001 0100 0001 0000 0000 0000 03 ${hex("www")} 02 ${hex("vm")} 00 0001 0001`,
    ),
    "DNS 10.0.0.1:4242 > 10.0.0.2:53 A www.vm?",
  ],
  ["a datagram", IP4("11", "1092 1093 000c 0000 00000000"), "UDP 10.0.0.1:4242 > 10.0.0.2:4243 len 4"],
  [
    "a later fragment",
    IP4("11", "").replace("00004000", "00000010"),
    "IPv4 10.0.0.1 > 10.0.0.2 fragment at 128",
  ],
  [
    "a neighbour that is looked for",
    IP6("3a", "8700 0000 00000000 fe800000000000000000000000000002"),
    "ICMPv6 fe80::1 > ff02::1 neighbour solicitation fe80::2",
  ],
  [
    "a tagged frame",
    `${HEAD} 8100 0064 0800 4500005400004000 40010000 0a000001 0a000002 0000 0000 0001 0002`,
    "ICMP 10.0.0.1 > 10.0.0.2 vlan 100 echo reply id 1 seq 2",
  ],
  ["a type of one's own", `${HEAD} 88b5 00`, "0x88b5 02:00:00:00:00:01 > 02:00:00:00:00:02 "],
  ["a piece of a frame", "0200", "short 00:00:00:00:00:00 > 02:00:00:00:00:00 2 bytes"],
];

test.each(CASES)("%s", (_, frame, expected) => {
  const { protocol, source, target, summary } = decodeFrame(frameOf(frame));
  expect(`${protocol} ${source} > ${target} ${summary}`).toBe(expected);
});

test("no bytes make it fail, and a cut frame says no more than the whole one", () => {
  const frames = fc.oneof(
    fc.uint8Array({ maxLength: 160 }),
    fc
      .tuple(fc.constantFrom(...CASES.map(([, frame]) => frameOf(frame))), fc.uint8Array({ maxLength: 60 }))
      .map(([frame, more]) => Uint8Array.of(...frame, ...more)),
  );
  fc.assert(
    fc.property(frames, fc.nat(160), (frame, length) => {
      const { protocol, summary } = decodeFrame(frame.subarray(0, length));
      expect(protocol).not.toBe("");
      expect(summary.length).toBeLessThan(400);
    }),
    { seed, numRuns: 500 },
  );
});
