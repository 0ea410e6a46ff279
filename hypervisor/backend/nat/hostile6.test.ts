// Guests that lie, flood and send rubbish by IPv6: the gateway stands, and others are served.
import fc from "fast-check";
import { randomBytes } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import {
  NAT_ADDRESSES_EACH_MAX,
  NAT_CONNECTIONS_EACH_MAX,
  NAT_HEADER_BYTES_MAX,
  NAT_NEIGHBOUR_MS,
} from "../../limits.ts";
import { Fragments } from "./fragments.ts";
import { cut6, takePiece6 } from "./fragments6.ts";
import { bareOf } from "./headers6.ts";
import { Place } from "./station.test-support.ts";
import { DB6, GATEWAY6, neighbour, segment6, SPEC6, Station6, WEB6 } from "./station6.test-support.ts";
import { addWords, copyOf, fold, get16, IP, macBytes, put16 } from "./wire.ts";
import { BODY6, ICMP6, icmp6Frame, ip6Bytes, ip6Of, NOBODY, SOURCE6, udp6Frame } from "./wire6.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const isLong = process.env["CI"] === "true" || process.env["SLOW"] === "1";
const [SYN, SOLICIT, ADVERTISE] = [2, 135, 136];
const ROUTERS = ip6Of("ff02::2") as string;
const PING = Uint8Array.of(128, 0, 0, 0, 0, 7, 0, 1);
const RS = Uint8Array.of(133, 0, 0, 0, 0, 0, 0, 0);
const QUESTION = Buffer.from("123401000001000000000000037765620000010001", "hex");
const address = (end: number): string =>
  `${GATEWAY6.slice(0, 16)}00000000${(0x10000 + end).toString(16).padStart(8, "0")}`;

interface Opened {
  readonly place: Place;
  readonly web: Station6;
  readonly db: Station6;
  /** Hands a frame of `web` to the gateway; whether it was dropped, and how many frames came of it. */
  readonly give: (frame: Uint8Array, from?: Station6) => readonly [dropped: boolean, answers: number];
  readonly pass: (ms: number) => void;
}

async function open(change = {}): Promise<Opened> {
  let now = 1_000;
  const place = await Place.open({ ...SPEC6, ...change }, { nowMs: () => now });
  closing.push(() => place.close());
  const [web, db] = [new Station6(place, WEB6), new Station6(place, DB6, "02:00:00:00:00:03")];
  let sent = 0;
  place.heard = ((before) => (frame: Uint8Array) => {
    sent++;
    before(frame);
  })(place.heard);
  const give: Opened["give"] = (frame, from = web) => {
    const before = [place.nat.facts().dropped, sent] as const;
    place.nat.receive(from.framed(frame));
    return [place.nat.facts().dropped > before[0], sent - before[1]];
  };
  return { place, web, db, give, pass: (ms) => (now += ms) };
}

const GOOD = [false, 1] as const;
const BAD = [true, 0] as const;

/** A name is answered by TCP. */
async function isServed(station: Station6): Promise<void> {
  const talk = station.connect(GATEWAY6, 53);
  talk.write(Buffer.concat([Buffer.from([0, QUESTION.length]), QUESTION]));
  await talk.until(() => talk.count > 0 || talk.state === "reset");
  expect(talk.state).toBe("open");
  talk.end();
  await talk.whenEnded();
}

test("neighbour discovery that came through a router, or spoiled, or with a lie in it: dropped", async () => {
  const { give, web } = await open();
  const ask = neighbour(SOLICIT, GATEWAY6, 1, web.mac);
  const frame = (message: Uint8Array, hops = 255, source = WEB6): Uint8Array =>
    icmp6Frame(source, GATEWAY6, message, hops);
  expect(give(frame(ask))).toEqual(GOOD);
  expect(give(icmp6Frame(WEB6, ROUTERS, RS, 255))).toEqual(GOOD);
  for (const hops of [0, 1, 64, 254]) {
    expect(give(frame(ask, hops))).toEqual(BAD);
    expect(give(icmp6Frame(WEB6, ROUTERS, RS, hops))).toEqual(BAD);
  }
  const spoiled = frame(ask);
  spoiled[BODY6 + 3] = (spoiled[BODY6 + 3] as number) ^ 1;
  const coded = copyOf(ask);
  coded[1] = 1;
  const endless = copyOf(ask);
  endless[25] = 0;
  const longer = copyOf(ask);
  longer[25] = 2;
  for (const bad of [
    spoiled,
    frame(coded),
    frame(endless),
    frame(longer),
    frame(ask.subarray(0, 20)),
    frame(neighbour(SOLICIT, GATEWAY6, 1, macBytes("02:00:00:00:00:03"))),
    frame(neighbour(SOLICIT, ROUTERS)),
    frame(ask, 255, NOBODY), // Who has no address says no MAC address.
    frame(neighbour(ADVERTISE, DB6, 2, web.mac)), // Another's address.
    frame(neighbour(ADVERTISE, GATEWAY6, 2, web.mac)),
    frame(neighbour(134, GATEWAY6)),
    frame(neighbour(137, GATEWAY6)),
    ...cut6(frame(Buffer.concat([ask, Buffer.alloc(1400)])), 1280, 7).map((piece) => copyOf(piece)),
  ].slice(0, -1))
    expect(give(bad).slice(1)).toEqual([0]);
});

test("a guest that plays the router changes nothing for the gateway and its other guests", async () => {
  const { give, db } = await open();
  const routes = new Uint8Array(48);
  routes.set([134, 0, 0, 0, 64, 0, 255, 255]);
  routes.set([3, 4, 64, 0xc0, 255, 255, 255, 255, 255, 255, 255, 255], 16);
  routes.set(ip6Bytes(ip6Of("2001:db8:bad::") as string), 32);
  expect(give(icmp6Frame(WEB6, ip6Of("ff02::1") as string, routes, 255))).toEqual(BAD);
  await isServed(db);
});

test("packets from elsewhere, from groups, from the gateway, from another's address: dropped", async () => {
  const { give, web, db } = await open();
  for (const source of [
    "2001:db8::1",
    "ff02::1",
    "fd00:9::1",
    "fe80::76:aff:fe09:1",
    "fd00:9::",
    "::1",
    "fd00:8::1",
  ])
    expect(give(icmp6Frame(ip6Of(source) as string, GATEWAY6, PING)), source).toEqual(BAD);
  expect(give(icmp6Frame(NOBODY, GATEWAY6, PING))).toEqual(BAD);
  expect(give(icmp6Frame(DB6, GATEWAY6, PING), web)).toEqual(BAD);
  expect(give(icmp6Frame(`fe80000000000000${DB6.slice(16)}`, GATEWAY6, PING), web)).toEqual(BAD);
  expect(give(icmp6Frame(DB6, GATEWAY6, PING), db)).toEqual(GOOD);
});

test("an address is its station's until it has been silent for long", async () => {
  const { give, web, db, pass } = await open();
  const ping = (): Uint8Array => icmp6Frame(address(1), GATEWAY6, PING);
  expect(give(ping(), web)).toEqual(GOOD);
  pass(NAT_NEIGHBOUR_MS - 1);
  expect(give(ping(), db)).toEqual(BAD);
  expect(give(ping(), web)).toEqual(GOOD);
  pass(NAT_NEIGHBOUR_MS - 1);
  expect(give(ping(), db)).toEqual(BAD);
  pass(1);
  expect(give(ping(), db)).toEqual(GOOD);
  expect(give(ping(), web)).toEqual(BAD);
});

test("more addresses than a station is known with: its own first one is forgotten", async () => {
  const { give, web, db } = await open();
  expect(give(icmp6Frame(address(0), GATEWAY6, PING), db)).toEqual(GOOD);
  const own = (n: number): string => address(100 + n);
  for (let n = 0; n < NAT_ADDRESSES_EACH_MAX; n++) give(icmp6Frame(own(n), GATEWAY6, PING), web);
  const isTaken = (one: string): boolean =>
    give(icmp6Frame(one, GATEWAY6, PING), one === address(0) ? web : db)[0];
  expect(isTaken(own(0))).toBe(true);
  give(icmp6Frame(own(NAT_ADDRESSES_EACH_MAX), GATEWAY6, PING), web);
  expect([isTaken(own(1)), isTaken(address(0)), isTaken(own(0))]).toEqual([true, true, false]);
});

test(
  "a flood of openings from many addresses is one guest's, and takes its share alone",
  { timeout: 120_000 },
  async () => {
    const { give, db, place } = await open();
    for (let n = 0; n < NAT_CONNECTIONS_EACH_MAX + 8; n++) {
      give(segment6(address(n & 15), 1 + n, GATEWAY6, 53, SYN));
      expect(place.nat.facts().connections).toBe(Math.min(n + 1, NAT_CONNECTIONS_EACH_MAX));
    }
    expect(place.nat.facts()).toMatchObject({ refused: 8, broken: 0 });
    await isServed(db);
  },
);

test("UDP with a wrong checksum, or with none, which IPv6 does not allow: dropped", async () => {
  const { give } = await open();
  const frame = udp6Frame({
    source: WEB6,
    sourcePort: 9,
    target: GATEWAY6,
    targetPort: 99,
    payload: QUESTION,
  });
  expect(give(frame)).toEqual(GOOD);
  for (const sum of [0, get16(frame, BODY6 + 6) ^ 0x10]) {
    const bad = copyOf(frame);
    put16(bad, BODY6 + 6, sum);
    expect(give(bad)).toEqual(BAD);
  }
});

/** The packet of a frame behind headers, each of a kind and with these bytes from its third one on. */
function behind(
  frame: Uint8Array,
  headers: readonly (readonly [kind: number, bytes: readonly number[]])[],
): Uint8Array {
  const parts = headers.map(([, bytes], index) => {
    const part = new Uint8Array(Math.ceil((bytes.length + 2) / 8) * 8);
    part[0] = headers[index + 1]?.[0] ?? (frame[IP + 6] as number);
    part[1] = part.length / 8 - 1;
    part.set(bytes, 2);
    return part;
  });
  const chained = Buffer.concat([frame.subarray(0, BODY6), ...parts, frame.subarray(BODY6)]);
  chained[IP + 6] = headers[0]?.[0] ?? (frame[IP + 6] as number);
  put16(chained, IP + 4, chained.length - BODY6);
  return Uint8Array.from(chained);
}

test("headers behind the first: what says nothing to a gateway is passed over", async () => {
  const { give } = await open();
  const ping = icmp6Frame(WEB6, GATEWAY6, PING);
  const pads = [1, 4, 0, 0, 0, 0];
  for (const good of [
    [[0, pads]],
    [[60, pads]],
    [
      [0, pads],
      [60, pads],
    ],
    [[43, [0, 0, 0, 0, 0, 0]]],
    [[0, [5, 2, 0, 0, 1, 0]]],
  ] as const)
    expect(give(behind(ping, good)), JSON.stringify(good)).toEqual(GOOD);
  for (const bad of [
    [
      [60, pads],
      [0, pads],
    ], // Hop by hop stands first.
    [[43, [0, 1, 0, 0, 0, 0]]], // By way of somebody else.
    [[60, [0x80, 4, 0, 0, 0, 0]]], // An option that may not be passed over.
    [[0, [0xc2, 4, 0, 0, 0, 0]]],
    [[60, [1, 5, 0, 0, 0, 0]]], // An option that is longer than its header.
    [[135, pads]],
    [[51, pads]],
    [[59, pads]],
  ] as const)
    expect(give(behind(ping, bad)), JSON.stringify(bad)).toEqual(BAD);
});

test("as many headers as may be, and one more", () => {
  const ping = icmp6Frame(WEB6, GATEWAY6, PING);
  const pads = [1, 4, 0, 0, 0, 0];
  const many = (count: number): Uint8Array | undefined =>
    bareOf(
      behind(
        ping,
        Array.from({ length: count }, () => [60, pads] as const),
      ),
    );
  expect(Buffer.compare(many(NAT_HEADER_BYTES_MAX / 8) as Uint8Array, ping)).toBe(0);
  expect(many(NAT_HEADER_BYTES_MAX / 8 + 1)).toBeUndefined();
});

test("pieces in any order make the whole; pieces that contradict each other make nothing", () => {
  const payload = randomBytes(9000);
  const whole = udp6Frame({ source: WEB6, sourcePort: 1, target: GATEWAY6, targetPort: 2, payload });
  const pieces = cut6(whole, 1500, 7);
  expect(Math.max(...pieces.map((piece) => piece.length - IP))).toBeLessThanOrEqual(1500);
  const order = fc.shuffledSubarray([...pieces], { minLength: pieces.length });
  fc.assert(
    fc.property(order, fc.nat(pieces.length - 1), (shuffled, twice) => {
      const fragments = new Fragments(() => 0);
      const got = shuffled.map((piece) => takePiece6(fragments, piece));
      expect(got.slice(0, -1).every((one) => one === undefined)).toBe(true);
      expect(Buffer.compare(got.at(-1) ?? Buffer.alloc(0), whole)).toBe(0);
      const others = new Fragments(() => 0);
      takePiece6(others, pieces[twice] as Uint8Array);
      takePiece6(others, pieces[twice] as Uint8Array);
      const rest = shuffled.filter((piece) => piece !== pieces[twice]);
      expect(rest.every((piece) => takePiece6(others, piece) === undefined)).toBe(true);
    }),
    { seed: Number(process.env["SEED"] ?? 1), numRuns: 100 },
  );
});

/** Frames that say something, to be spoiled. */
function samples(): Uint8Array[] {
  const ends = { source: WEB6, sourcePort: 68, target: GATEWAY6 };
  const ping = icmp6Frame(WEB6, GATEWAY6, PING);
  return [
    udp6Frame({ ...ends, targetPort: 53, payload: QUESTION }),
    udp6Frame({ ...ends, target: ip6Of("fd00:1::1") as string, targetPort: 99, payload: QUESTION }),
    ...cut6(udp6Frame({ ...ends, targetPort: 53, payload: Buffer.alloc(3000) }), 1500, 2),
    segment6(WEB6, 77, GATEWAY6, 53, SYN),
    segment6(WEB6, 78, GATEWAY6, 53, 16),
    segment6(WEB6, 79, GATEWAY6, 99, SYN),
    ping,
    behind(ping, [
      [0, [1, 4, 0, 0, 0, 0]],
      [60, [1, 4, 0, 0, 0, 0]],
    ]),
    icmp6Frame(WEB6, ROUTERS, RS, 255),
    icmp6Frame(WEB6, GATEWAY6, neighbour(SOLICIT, GATEWAY6, 1, macBytes("02:00:00:00:00:02")), 255),
    icmp6Frame(WEB6, GATEWAY6, neighbour(ADVERTISE, WEB6, 2, macBytes("02:00:00:00:00:02")), 255),
  ].map((frame) => copyOf(frame));
}

const spoiled = fc.record({
  sample: fc.nat(),
  length: fc.option(fc.nat(1600), { nil: undefined }),
  bytes: fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 }),
  /** Whether its sums are made right again, so that it is read further. */
  isMended: fc.boolean(),
});

function mend(frame: Uint8Array): void {
  if (frame.length < BODY6 + 20) return;
  put16(frame, IP + 4, Math.min(get16(frame, IP + 4), frame.length - BODY6));
  const protocol = frame[IP + 6] as number;
  const at = { [ICMP6]: 2, 6: 16, 17: 6 }[protocol];
  if (at === undefined) return;
  const length = Math.max(get16(frame, IP + 4), 20);
  put16(frame, BODY6 + at, 0);
  const sum = addWords(frame, BODY6, BODY6 + length, addWords(frame, SOURCE6, BODY6) + protocol + length);
  put16(frame, BODY6 + at, fold(sum));
}

test("rubbish of every kind ends nothing", { timeout: 300_000 }, async () => {
  const { place, web, db } = await open();
  const kinds = samples();
  fc.assert(
    fc.property(fc.array(spoiled, { minLength: 1, maxLength: 20 }), (frames) => {
      for (const { sample, length, bytes, isMended } of frames) {
        const kind = kinds[sample % kinds.length] as Uint8Array;
        const frame = new Uint8Array(length ?? kind.length);
        frame.set(kind.subarray(0, frame.length));
        for (const [at, value] of bytes) if (at >= IP && at < frame.length) frame[at] = value;
        // Nothing of this test may leave the machine.
        if (frame.length > BODY6 && (frame[IP + 24] as number) >>> 5 === 1) frame[IP + 24] = 0xfd;
        if (isMended) mend(frame);
        if (frame.length >= IP) place.nat.receive(frame.length < BODY6 ? frame : web.framed(frame));
      }
      return place.nat.facts().broken === 0;
    }),
    { seed: Number(process.env["SEED"] ?? 1), numRuns: isLong ? 50_000 : 2_000 },
  );
  await isServed(db);
});
