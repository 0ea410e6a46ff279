// Filters against libpcap's own verdict: `tcpdump` reads the same frames and the same filter. And what is
// wrong with a filter, with its place.

import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FILTER_DEPTH_MAX, FILTER_LENGTH_MAX } from "../limits.ts";
import { readFilter } from "./filter.ts";
import { enhancedPacket, interfaceDescription, sectionHeader } from "./pcapng.ts";
import { hasPeer } from "./tshark.test-support.ts";

const SEED = Number(process.env["SEED"] ?? 20_261_123);
const isSlow = process.env["SLOW"] === "1";

interface Kept {
  readonly bytes: Uint8Array;
  readonly length: number;
}

const IPS = ["10.0.0.1", "10.0.0.2", "10.0.1.1", "192.168.7.9"];
const IP6S = ["fd00::1", "fd00::2", "fe80::1:2", "fd00:0:0:1::9"];
const MACS = ["02:00:00:00:00:01", "02:00:00:00:00:02", "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff"];
const PORTS = [53, 80, 443, 7];
const VLANS = [1, 5, 4094];

const ip = (text: string): number[] => text.split(".").map(Number);
const macBytes = (text: string): number[] => text.split(":").map((part) => Number.parseInt(part, 16));
const word = (value: number): number[] => [value >> 8, value & 0xff];
/** As the filter must read it, by another way: through an URL's own parser. */
function ip6(text: string): number[] {
  const [left = "", right = ""] = text.split("::");
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const zeros = 8 - groups(left).length - groups(right).length;
  const all = [...groups(left), ...Array.from({ length: zeros }, () => "0"), ...groups(right)];
  return all.flatMap((group) => word(Number.parseInt(group, 16)));
}

const oneOf = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const bytesOf = (most: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: most });

const transport = fc
  .tuple(oneOf([1, 6, 17, 58, 132, 47]), oneOf(PORTS), oneOf(PORTS), bytesOf(20))
  .map(([protocol, from, to, rest]) => ({ protocol, bytes: [...word(from), ...word(to), ...rest] }));

const ipHead = (words: number, fragment: number, protocol: number): number[] => [
  0x40 | words,
  0,
  0,
  40,
  0,
  0,
  ...word(fragment),
  64,
  protocol,
  0,
  0,
];

const ipPacket = fc
  .tuple(transport, oneOf(IPS), oneOf(IPS), oneOf([0, 0, 0x2000, 0x1000, 0x4000]), oneOf([5, 5, 6, 4]))
  .map(([{ protocol, bytes }, from, to, fragment, words]) => [
    ...ipHead(words, fragment, protocol),
    ...ip(from),
    ...ip(to),
    ...Array.from({ length: Math.max(0, words - 5) * 4 }, () => 0),
    ...bytes,
  ]);

const ip6Packet = fc
  .tuple(transport, oneOf(IP6S), oneOf(IP6S), fc.boolean())
  .map(([{ protocol, bytes }, from, to, isFragment]) => {
    const head = [0x60, 0, 0, 0, 0, 40, isFragment ? 44 : protocol, 64, ...ip6(from), ...ip6(to)];
    return [...head, ...(isFragment ? [protocol, 0, 0, 0, 0, 0, 0, 1] : []), ...bytes];
  });

const arpPacket = fc
  .tuple(oneOf(IPS), oneOf(IPS))
  .map(([from, to]) => [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, ...ip(from), 2, 0, 0, 0, 0, 2, ...ip(to)]);

const payload = fc.oneof(
  ipPacket.map((bytes) => [0x08, 0x00, ...bytes]),
  ip6Packet.map((bytes) => [0x86, 0xdd, ...bytes]),
  arpPacket.map((bytes) => [0x08, 0x06, ...bytes]),
  arpPacket.map((bytes) => [0x80, 0x35, ...bytes]),
  bytesOf(40).map((bytes) => [0x88, 0xb5, ...bytes]),
);

const tag = fc
  .tuple(oneOf([0x8100, 0x8100, 0x88a8, 0x9100]), oneOf(VLANS), fc.boolean())
  .map(([type, vlan, first]) => [...word(type), ...word(vlan | (first ? 0x2000 : 0))]);

const frame: fc.Arbitrary<Kept> = fc
  .tuple(
    oneOf(MACS),
    oneOf(MACS),
    fc.array(tag, { maxLength: 2 }),
    payload,
    fc.option(fc.integer({ min: 14, max: 70 }), { nil: undefined, freq: 3 }),
  )
  .map(([to, from, tags, rest, cut]) => {
    const whole = Uint8Array.from([...macBytes(to), ...macBytes(from), ...tags.flat(), ...rest]);
    return { bytes: cut === undefined ? whole : whole.subarray(0, cut), length: whole.length };
  });

const way = oneOf(["", "src ", "dst "]);
const net = fc.tuple(oneOf(IPS), fc.integer({ min: 0, max: 32 })).map(([address, prefix]) => {
  const value = ip(address).reduce((sum, byte) => sum * 256 + byte, 0);
  const cut = prefix === 0 ? 0 : Math.floor(value / 2 ** (32 - prefix)) * 2 ** (32 - prefix);
  return `${[24, 16, 8, 0].map((shift) => Math.floor(cut / 2 ** shift) % 256).join(".")}/${prefix}`;
});
const primitive = fc.oneof(
  oneOf(["arp", "rarp", "ip", "ip6", "icmp", "icmp6", "tcp", "udp", "ether broadcast", "ether multicast"]),
  oneOf(["multicast", "broadcast"]).map((cast) => `ether ${cast}`),
  fc.tuple(way, oneOf([...IPS, ...IP6S])).map(([side, address]) => `${side}host ${address}`),
  fc.tuple(way, net).map(([side, address]) => `${side}net ${address}`),
  fc.tuple(way, oneOf(["fd00::/16", "fd00:0:0:1::/64", "fe80::/10"])).map(([s, a]) => `${s}net ${a}`),
  fc
    .tuple(oneOf(["", "tcp ", "udp "]), way, oneOf(PORTS))
    .map(([kind, s, port]) => `${kind}${s}port ${port}`),
  fc.tuple(oneOf(["host ", "src ", "dst ", "src host "]), oneOf(MACS)).map(([s, mac]) => `ether ${s}${mac}`),
  oneOf(["vlan", ...VLANS.map((vlan) => `vlan ${vlan}`)]),
  fc.tuple(oneOf(["greater", "less"]), fc.integer({ min: 14, max: 120 })).map((pair) => pair.join(" ")),
);
const { filter } = fc.letrec<{ filter: string }>((tie) => ({
  filter: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    primitive,
    fc
      .tuple(tie("filter"), oneOf([" and ", " or ", " && ", " || "]), tie("filter"))
      .map((all) => all.join("")),
    tie("filter").map((inner) => `not ${inner}`),
    tie("filter").map((inner) => `(${inner})`),
    tie("filter").map((inner) => `!(${inner})`),
  ),
}));

/** Numbers of the frames that tcpdump lets through; it knows them by their times. */
function verdictOf(frames: readonly Kept[], text: string): number[] | string {
  const blocks = frames.map(({ bytes, length }, index) =>
    enhancedPacket(
      { index: 0, timeNs: BigInt(index) * 1_000_000_000n, direction: 2, length, comment: undefined },
      bytes,
    ),
  );
  const input = Buffer.concat([sectionHeader("test"), interfaceDescription("a", "b", 262_144), ...blocks]);
  // -O: its optimizer leaves out looks at frames that were cut short, here and there.
  const { status, stdout, stderr } = spawnSync("tcpdump", ["-O", "-n", "-r", "-", "-w", "-", text], {
    input,
  });
  if (status !== 0) return stderr.toString();
  const view = new DataView(stdout.buffer, stdout.byteOffset, stdout.byteLength);
  const found: number[] = [];
  for (let at = 24; at < stdout.length; at += 16 + view.getUint32(at + 8, true)) {
    found.push(view.getUint32(at, true));
  }
  return found;
}

function ourVerdict(frames: readonly Kept[], text: string): number[] {
  const reading = readFilter(text);
  if (!reading.ok) throw new Error(`${text}: ${reading.error.message}`);
  return frames.flatMap((one, index) => (reading.filter(one) ? [index] : []));
}

test("a filter lets through what libpcap lets through", { timeout: 300_000 }, () => {
  if (!hasPeer("tcpdump")) return;
  console.log(`filter: seed ${SEED}`);
  const [frames] = fc.sample(fc.array(frame, { minLength: 600, maxLength: 600, size: "max" }), {
    numRuns: 1,
    seed: SEED,
  }) as [Kept[]];
  let some = 0;
  fc.assert(
    fc.property(filter, (text) => {
      const theirs = verdictOf(frames, text);
      // What can never be so is refused there (`arp and tcp`), and fits nothing here.
      if (typeof theirs === "string") {
        expect(theirs).toContain("expression rejects all packets");
        expect(ourVerdict(frames, text)).toEqual([]);
        return;
      }
      expect(ourVerdict(frames, text), text).toEqual(theirs);
      if (theirs.length > 0 && theirs.length < frames.length) some++;
    }),
    { seed: SEED, numRuns: isSlow ? 1500 : 120 },
  );
  expect(some).toBeGreaterThan(isSlow ? 400 : 30);
});

test.each([
  ["", 0, "a filter is missing"],
  ["tcp and", 7, "ends where arp, rarp"],
  ["  host 10.0.0", 7, "`10.0.0` is no address"],
  ["host 10.0.0.256", 5, "is no address"],
  ["host 10.0.0.1 or 10.0.0.2", 17, "`10.0.0.2` is no word of a filter"],
  ["src 10.0.0.1", 4, "after `src` stands host, net or port"],
  ["net 10.0.0.1/24", 4, "bits beyond its /24"],
  ["net 10.0.0.0/33", 4, "is no network"],
  ["port http", 5, "a port is a number up to 65535"],
  ["port 65536", 5, "a port is a number up to 65535"],
  ["ether host 10.0.0.1", 11, "is no MAC address"],
  ["vlan 4096", 5, "a VLAN is a number up to 4095"],
  ["(tcp or udp", 0, "this `(` is not closed"],
  ["tcp)", 3, "closes nothing"],
  ["(tcp udp)", 5, "`and`, `or` or `)` is missing before `udp`"],
  ["tcp udp", 4, "`and` or `or` is missing before `udp`"],
  ["tcp == 5", 4, "is missing before `==`"],
  ["tcp.port == 80", 0, "`tcp.port` is no word"],
  ["greater x", 8, "a length is a number"],
  ["ether proto 5", 6, "after `ether` stands host"],
])("%j is refused at %i", (text, at, message) => {
  const reading = readFilter(text);
  if (reading.ok) throw new Error("it was taken");
  expect(reading.error.at).toBe(at);
  expect(reading.error.message).toContain(message);
});

test("a filter is as long and as deep as its bounds say, and no more", () => {
  const long = (letters: number): string => "tcp".padEnd(letters);
  const deep = (depth: number): string => `${"(".repeat(depth)}tcp${")".repeat(depth)}`;
  expect(readFilter(long(FILTER_LENGTH_MAX)).ok).toBe(true);
  expect(readFilter(long(FILTER_LENGTH_MAX + 1)).ok).toBe(false);
  expect(readFilter(deep(FILTER_DEPTH_MAX)).ok).toBe(true);
  expect(readFilter(deep(FILTER_DEPTH_MAX + 1)).ok).toBe(false);
});

test("any text is a filter or is refused with a place inside it", () => {
  const words = oneOf([
    "and",
    "(",
    ")",
    "not",
    "src",
    "port",
    "80",
    "host",
    "10.0.0.1",
    "vlan",
    "&",
    "|",
    "ether",
  ]);
  const text = fc.oneof(
    fc.string(),
    fc.array(words, { maxLength: 12 }).map((all) => all.join(" ")),
  );
  fc.assert(
    fc.property(text, (any) => {
      const reading = readFilter(any);
      if (reading.ok) return;
      expect(reading.error.at).toBeGreaterThanOrEqual(0);
      expect(reading.error.at).toBeLessThanOrEqual(any.length);
    }),
    { seed: SEED },
  );
});
