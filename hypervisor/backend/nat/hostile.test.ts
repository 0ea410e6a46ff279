// Guests that lie, flood and send rubbish: the gateway stands, and others are served.
import { createHash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import {
  NAT_CONNECTIONS_EACH_MAX,
  NAT_CONNECTIONS_MAX,
  NAT_FLOWS_EACH_MAX,
  NAT_FRAGMENTED_MAX,
  NAT_NEIGHBOURS_MAX,
} from "../../limits.ts";
import { cut, Fragments } from "./fragments.ts";
import { serve } from "./host-servers.test-support.ts";
import { resetSocket } from "./host-sockets.ts";
import { GATEWAY, number, Place, segment } from "./station.test-support.ts";
import { addWords, BODY, copyOf, fold, get16, IP, put16, put32, udpFrame } from "./wire.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(...asked: Parameters<typeof Place.open>): Promise<Place> {
  const place = await Place.open(...asked);
  closing.push(() => place.close());
  return place;
}

const isLong = process.env["CI"] === "true" || process.env["SLOW"] === "1";
const [gateway, web] = [number(GATEWAY), number("10.9.0.2")];
const SYN = 2;

/** The gateway still answers a question by TCP. */
async function isServed(place: Place): Promise<void> {
  const talk = place.db.connect(GATEWAY, 53);
  const question = Buffer.from("123401000001000000000000037765620000010001", "hex");
  talk.write(Buffer.concat([Buffer.from([0, question.length]), question]));
  await talk.until(() => talk.count > 0 || talk.state === "reset");
  expect(talk.state).toBe("open");
  talk.end();
  await talk.whenEnded();
}

test("packets from elsewhere, from the gateway, from another's address: dropped", async () => {
  const place = await open();
  const sent = [
    segment(number("192.0.2.1"), 1, gateway, 53, SYN),
    segment(gateway, 1, gateway, 53, SYN),
    segment(number("10.9.0.0"), 1, gateway, 53, SYN),
    segment(number("10.9.0.255"), 1, gateway, 53, SYN),
  ];
  const stolen = segment(web, 1, gateway, 53, SYN);
  stolen[11] = 3; // The MAC address of `db`.
  sent.push(stolen);
  sent.forEach((frame, index) => {
    place.nat.receive(frame);
    expect(place.nat.facts()).toMatchObject({ dropped: index + 1, connections: 0 });
  });
  place.nat.receive(segment(web, 1, gateway, 53, SYN));
  expect(place.nat.facts()).toMatchObject({ dropped: sent.length, connections: 1 });
});

test(
  "a flood of openings: each guest has its share, and all of them what there is",
  { timeout: 120_000 },
  async () => {
    const place = await open();
    const flood = (ip: string, count: number): number => {
      for (let port = 1; port <= count; port++)
        place.nat.receive(segment(number(ip), port, gateway, 53, SYN));
      return place.nat.facts().connections;
    };
    expect(flood("10.9.0.9", NAT_CONNECTIONS_EACH_MAX - 1)).toBe(NAT_CONNECTIONS_EACH_MAX - 1);
    expect(flood("10.9.0.9", NAT_CONNECTIONS_EACH_MAX)).toBe(NAT_CONNECTIONS_EACH_MAX);
    expect(flood("10.9.0.9", NAT_CONNECTIONS_EACH_MAX + 1)).toBe(NAT_CONNECTIONS_EACH_MAX);
    expect(place.nat.facts().refused).toBe(1);
    await isServed(place);
    for (let ip = 10; place.nat.facts().connections < NAT_CONNECTIONS_MAX; ip++)
      flood(`10.9.0.${ip}`, NAT_CONNECTIONS_EACH_MAX / 2);
    expect(flood("10.9.0.99", 1)).toBe(NAT_CONNECTIONS_MAX);
    expect(place.nat.facts().broken).toBe(0);
  },
);

const sockets = (): number =>
  process.getActiveResourcesInfo().filter((what) => what === "TCPSocketWrap").length;

test("connections that are ended and reset at once leave nothing on the host", async () => {
  const place = await open({ hostAccess: true });
  const port = await serve(closing, (socket) => socket.resume().on("end", () => socket.end()));
  const before = sockets();
  for (let n = 0; n < 20; n++) {
    const talk = place.web.connect(GATEWAY, port);
    await talk.whenOpen();
    expect(sockets()).toBeGreaterThan(before);
    talk.end();
    talk.reset();
  }
  await expect.poll(() => [place.nat.facts().connections, sockets()]).toEqual([0, before]);
});

const SOON = { interval: 2, timeout: 20_000 };
/** What either side of a connection does, in this order, without waiting for the other. */
const acts = fc.array(
  fc.record({
    isGuests: fc.boolean(),
    act: fc.constantFrom("write", "end", "reset", "turn", "turn"),
    bytes: fc.constantFrom(1, 3000, 200_000),
  }),
  { maxLength: 8 },
);

test("whatever both sides do, nothing is left and nothing is thrown", { timeout: 300_000 }, async () => {
  const seed = Number(process.env["SEED"] ?? 1);
  const place = await open({ hostAccess: true });
  const accepted: Socket[] = [];
  const port = await serve(closing, (socket) => accepted.push(socket.resume()));
  const before = sockets();
  const property = fc.asyncProperty(acts, async (all) => {
    const talk = place.web.connect(GATEWAY, port);
    await talk.whenOpen();
    await expect.poll(() => accepted.length, SOON).toBe(1);
    const host = accepted.pop() as Socket;
    for (const { isGuests, act, bytes } of all) {
      if (act === "turn") await setImmediate();
      else if (act === "write") (isGuests ? talk : host).write(Buffer.alloc(bytes));
      else if (act === "end") (isGuests ? talk : host).end();
      else if (isGuests) talk.reset();
      else resetSocket(host);
    }
    if (all.length % 2 === 0) host.destroy();
    talk.reset();
    host.destroy();
    await expect.poll(() => [place.nat.facts().connections, sockets()], SOON).toEqual([0, before]);
  });
  await fc.assert(property, { seed, numRuns: isLong ? 400 : 60, endOnFailure: true });
  expect(place.nat.facts().broken).toBe(0);
});

test("UDP flows: as many as a guest may have, and one more", async () => {
  const place = await open({ hostAccess: true });
  for (let port = 1; port <= NAT_FLOWS_EACH_MAX + 1; port++) {
    place.web.datagram(GATEWAY, 9, Buffer.from("x"), port);
    if (port === NAT_FLOWS_EACH_MAX) await expect.poll(() => place.nat.facts().flows).toBe(port);
  }
  await expect.poll(() => place.nat.facts()).toMatchObject({ flows: NAT_FLOWS_EACH_MAX, refused: 1 });
});

test("more stations than are remembered", async () => {
  const place = await open({ prefix: 16 });
  for (let n = 0; n < NAT_NEIGHBOURS_MAX + 50; n++)
    place.nat.receive(segment(number(`10.9.${4 + (n >> 8)}.${n & 255}`), 1, gateway, 99, SYN));
  await isServed(place);
});

/** Frames that say something, to be spoiled. */
function samples(): Uint8Array[] {
  const ends = { source: web, sourcePort: 68, target: gateway };
  const dhcp = Buffer.alloc(300);
  dhcp.set([1, 1, 6]);
  dhcp.set([0x63, 0x82, 0x53, 0x63, 53, 1, 1, 50, 4, 10, 9, 0, 2, 255], 236);
  const question = Buffer.from("123401000001000000000000037765620000010001", "hex");
  const frames = [
    udpFrame({ ...ends, targetPort: 67, payload: dhcp }, 1),
    udpFrame({ ...ends, targetPort: 53, payload: question }, 1),
    udpFrame({ ...ends, target: number("192.168.0.1"), targetPort: 99, payload: question }, 1),
    ...cut(udpFrame({ ...ends, targetPort: 53, payload: Buffer.alloc(3000) }, 2), 1500).map((piece) =>
      copyOf(piece),
    ),
    segment(web, 77, gateway, 53, SYN),
    segment(web, 78, gateway, 53, 16),
    segment(web, 79, gateway, 99, SYN),
  ];
  const arp = Buffer.alloc(42);
  arp.set([8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 10, 9, 0, 2, 0, 0, 0, 0, 0, 0, 10, 9, 0, 1], 12);
  return [...frames, arp].map((frame) => {
    frame.set([2, 0x76, 10, 9, 0, 1, 2, 0, 0, 0, 0, 2]);
    if (frame[12] === 0) put16(frame, 12, 0x0800);
    return frame;
  });
}

const spoiled = fc.record({
  sample: fc.nat(),
  length: fc.option(fc.nat(1600), { nil: undefined }),
  bytes: fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }),
  /** Whether its sums are made right again, so that it is read further. */
  isMended: fc.boolean(),
});

function mend(frame: Uint8Array): void {
  if (frame.length < BODY + 20 || get16(frame, 12) !== 0x0800) return;
  // Nothing of this test may leave the machine.
  if (frame[IP + 16] !== 10) put32(frame, IP + 16, number("192.168.0.1"));
  put16(frame, IP + 2, Math.min(get16(frame, IP + 2), frame.length - IP));
  put16(frame, IP + 10, 0);
  put16(frame, IP + 10, fold(addWords(frame, IP, BODY)));
  const at = { 1: 2, 6: 16, 17: 6 }[frame[IP + 9] as number];
  if (at === undefined) return;
  const end = IP + Math.max(get16(frame, IP + 2), 40);
  const length = end - BODY;
  put16(frame, BODY + at, 0);
  const pseudo = frame[IP + 9] === 1 ? 0 : addWords(frame, IP + 12, BODY, (frame[IP + 9] as number) + length);
  put16(frame, BODY + at, fold(addWords(frame, BODY, end, pseudo)));
}

test("rubbish of every kind ends nothing", { timeout: 300_000 }, async () => {
  const seed = Number(process.env["SEED"] ?? 1);
  const place = await open();
  const kinds = samples();
  fc.assert(
    fc.property(fc.array(spoiled, { minLength: 1, maxLength: 20 }), (frames) => {
      for (const { sample, length, bytes, isMended } of frames) {
        const kind = kinds[sample % kinds.length] as Uint8Array;
        const frame = new Uint8Array(length ?? kind.length);
        frame.set(kind.subarray(0, frame.length));
        for (const [at, value] of bytes) if (at >= 6 && at < frame.length) frame[at] = value;
        if (isMended) mend(frame);
        place.nat.receive(frame);
      }
      return place.nat.facts().broken === 0;
    }),
    { seed, numRuns: isLong ? 50_000 : 2_000 },
  );
  await isServed(place);
});

test(
  "frames that are lost, doubled, late and spoiled on the way: the bytes arrive",
  { timeout: 300_000 },
  async () => {
    const seed = Number(process.env["SEED"] ?? 1);
    let state = seed | 1;
    const chance = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      return (state >>> 0) / 2 ** 32;
    };
    const server = createServer({ allowHalfOpen: true }, (socket: Socket) => socket.pipe(socket));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(() => server.close());
    const place = await open({ hostAccess: true });
    let late: Uint8Array | undefined;
    place.wire = (frame) => {
      const dice = chance();
      if (dice < 0.02) return [];
      if (dice < 0.04) return [frame, copyOf(frame)];
      if (dice < 0.05) {
        const bad = copyOf(frame);
        const at = IP + Math.floor(chance() * (bad.length - IP));
        bad[at] = (bad[at] as number) ^ (1 << Math.floor(chance() * 8));
        return [bad];
      }
      if (dice < 0.07 && late === undefined) {
        late = frame;
        return [];
      }
      const frames = late ? [frame, late] : [frame];
      late = undefined;
      return frames;
    };
    place.lose = () => chance() < 0.02;
    const sent = randomBytes(isLong ? 2_000_000 : 150_000);
    const talk = place.web.connect(GATEWAY, (server.address() as { port: number }).port);
    await talk.whenOpen();
    talk.write(sent);
    talk.end();
    await talk.whenEnded();
    expect(createHash("sha256").update(talk.bytes).digest("hex")).toBe(
      createHash("sha256").update(sent).digest("hex"),
    );
    expect(place.nat.facts().broken).toBe(0);
  },
);

test("pieces in any order make the whole; pieces that contradict each other make nothing", () => {
  const whole = udpFrame(
    { source: web, sourcePort: 1, target: gateway, targetPort: 2, payload: randomBytes(9000) },
    7,
  );
  const pieces = cut(whole, 1500);
  const order = fc.shuffledSubarray([...pieces], { minLength: pieces.length });
  fc.assert(
    fc.property(order, fc.nat(pieces.length - 1), (shuffled, twice) => {
      const fragments = new Fragments(() => 0);
      const got = shuffled.map((piece) => fragments.take(piece));
      expect(got.slice(0, -1).every((one) => one === undefined)).toBe(true);
      expect(Buffer.compare(got.at(-1)?.subarray(BODY) ?? Buffer.alloc(0), whole.subarray(BODY))).toBe(0);
      const others = new Fragments(() => 0);
      others.take(pieces[twice] as Uint8Array);
      others.take(pieces[twice] as Uint8Array);
      const rest = shuffled.filter((piece) => piece !== pieces[twice]);
      expect(rest.every((piece) => others.take(piece) === undefined)).toBe(true);
    }),
    { seed: Number(process.env["SEED"] ?? 1), numRuns: 100 },
  );
});

test("as many datagrams in pieces as are kept, and one more: the oldest is lost", () => {
  const fragments = new Fragments(() => 0);
  const cutOf = (id: number): readonly Uint8Array[] =>
    cut(
      udpFrame(
        { source: web, sourcePort: 1, target: gateway, targetPort: 2, payload: Buffer.alloc(2000) },
        id,
      ),
      1500,
    );
  for (let id = 0; id <= NAT_FRAGMENTED_MAX; id++) fragments.take(cutOf(id)[0] as Uint8Array);
  expect(fragments.take(cutOf(0)[1] as Uint8Array)).toBeUndefined();
  expect(fragments.take(cutOf(2)[1] as Uint8Array)).toBeDefined();
});
