// What guests and the world see of each other through the gateway by IPv6: addresses, names, TCP, UDP, echo,
// and what is published.
import { createHash, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { serve } from "./host-servers.test-support.ts";
import type { NatSpec } from "./spec.ts";
import { Place } from "./station.test-support.ts";
import { GATEWAY6, GATEWAY_LINK, macsOf, neighbour, SPEC6, Station6, WEB6 } from "./station6.test-support.ts";
import { get16, get32, IP } from "./wire.ts";
import { ALL_NODES, BODY6, ICMP6, icmp6Frame, ip6At, ip6Of, NOBODY, SOURCE6, TARGET6 } from "./wire6.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(change: Partial<NatSpec> = {}, ip = WEB6): Promise<{ place: Place; web: Station6 }> {
  const place = await Place.open({ ...SPEC6, ...change });
  closing.push(() => place.close());
  return { place, web: new Station6(place, ip) };
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const LINK = "fe80000000000000000000fffe000002";
const isAdvertisement = (packet: Uint8Array): boolean => packet[IP + 6] === ICMP6 && packet[BODY6] === 134;

test("who asks for a router is told the prefix, the way out, the MTU and whom to ask for names", async () => {
  const { web } = await open({}, LINK);
  const coming = web.next(isAdvertisement);
  web.send(icmp6Frame(LINK, ip6Of("ff02::2") as string, Uint8Array.of(133, 0, 0, 0, 0, 0, 0, 0), 255));
  const packet = await coming;
  expect([ip6At(packet, SOURCE6), ip6At(packet, TARGET6), packet[IP + 7]]).toEqual([GATEWAY_LINK, LINK, 255]);
  expect([packet[BODY6 + 4], packet[BODY6 + 5], get16(packet, BODY6 + 6)]).toEqual([64, 0, 1800]);
  const options = new Map<number, Uint8Array>();
  for (let at = BODY6 + 16; at < packet.length; at += (packet[at + 1] as number) * 8)
    options.set(packet[at] as number, packet.subarray(at, at + (packet[at + 1] as number) * 8));
  expect([...options.keys()].sort((a, b) => a - b)).toEqual([1, 3, 5, 25]);
  const [link, prefix, mtu, servers] = [1, 3, 5, 25].map((key) => options.get(key) as Uint8Array);
  expect(Buffer.from(link as Uint8Array).toString("hex", 2)).toBe("02760a090001");
  expect([prefix?.[2], prefix?.[3]]).toEqual([64, 0xc0]);
  expect(ip6At(prefix as Uint8Array, 16)).toBe(`${GATEWAY6.slice(0, 16)}${"0".repeat(16)}`);
  expect(get32(mtu as Uint8Array, 4)).toBe(1500);
  expect([get32(servers as Uint8Array, 4), ip6At(servers as Uint8Array, 8)]).toEqual([1800, GATEWAY6]);
});

test("who has no address yet is told too, by its own MAC address", async () => {
  const { web } = await open({}, LINK);
  const coming = web.next(isAdvertisement);
  web.send(icmp6Frame(NOBODY, ip6Of("ff02::2") as string, Uint8Array.of(133, 0, 0, 0, 0, 0, 0, 0), 255));
  const packet = await coming;
  expect([ip6At(packet, TARGET6), macsOf(packet)[0]]).toEqual([ALL_NODES, "02:00:00:00:00:02"]);
});

test("the gateway answers for its two addresses, and who would take one for itself", async () => {
  const { web } = await open();
  for (const [about, source, flags] of [
    [GATEWAY6, WEB6, 0xe0],
    [GATEWAY_LINK, WEB6, 0xe0],
    [GATEWAY6, NOBODY, 0xa0],
  ] as const) {
    const group = `ff0200000000000000000001ff${about.slice(26)}`;
    const coming = web.next((one) => one[BODY6] === 136);
    web.send(icmp6Frame(source, group, neighbour(135, about), 255));
    const packet = await coming;
    expect([ip6At(packet, SOURCE6), packet[BODY6 + 4], ip6At(packet, BODY6 + 8)]).toEqual([
      about,
      flags,
      about,
    ]);
    expect([packet[IP + 7], Buffer.from(packet.subarray(BODY6 + 24, BODY6 + 32)).toString("hex")]).toEqual([
      255,
      "020102760a090001",
    ]);
  }
});

test("echo comes back from both of its addresses, whole or in pieces", async () => {
  const { web } = await open();
  for (const target of [GATEWAY6, GATEWAY_LINK]) {
    const coming = web.next((one) => one[IP + 6] === ICMP6);
    const message = Buffer.concat([Buffer.from([128, 0, 0, 0, 0, 7, 0, 1]), Buffer.alloc(1400, "x")]);
    web.send(icmp6Frame(WEB6, target, message));
    const packet = await coming;
    expect([packet[BODY6], ip6At(packet, SOURCE6), packet.length]).toEqual([129, target, BODY6 + 1408]);
  }
});

test(
  "bytes go both ways and arrive as they were sent, each way ended by itself",
  { timeout: 120_000 },
  async () => {
    const { web, place } = await open({ hostAccess: true });
    const [there, back] = [randomBytes(1_000_000), randomBytes(2_000_000)];
    const got: Buffer[] = [];
    const port = await serve(
      closing,
      (socket) => {
        socket.on("data", (chunk) => got.push(chunk as Buffer));
        socket.on("end", () => socket.end(back));
      },
      "::1",
    );
    let longest = 0;
    place.heard = ((before) => (frame: Uint8Array) => {
      longest = Math.max(longest, frame.length - IP);
      before(frame);
    })(place.heard);
    const talk = web.connect(GATEWAY6, port);
    await talk.whenOpen();
    expect(talk.state).toBe("open");
    for (let at = 0; at < there.length; at += 100_003) talk.write(there.subarray(at, at + 100_003));
    talk.end();
    await talk.whenEnded();
    expect(digest(Buffer.concat(got))).toBe(digest(there));
    expect(digest(talk.bytes)).toBe(digest(back));
    expect(longest).toBe(1500);
    await expect
      .poll(() => place.nat.facts(), { timeout: 30_000 })
      .toMatchObject({ connections: 0, broken: 0 });
  },
);

test("a port that nobody listens on refuses", async () => {
  const { web } = await open({ hostAccess: true });
  const port = await serve(closing, () => undefined, "::1");
  await closing.pop()?.();
  const talk = web.connect(GATEWAY6, port);
  await talk.whenOpen();
  expect(talk.state).toBe("reset");
});

test("datagrams go both ways, and a port that nobody has is told", async () => {
  const { web } = await open({ hostAccess: true });
  const server = createSocket("udp6", (payload, from) => server.send(payload, from.port, from.address));
  server.bind(0, "::1");
  await once(server, "listening");
  const { port } = server.address();
  for (const payload of [randomBytes(1), randomBytes(1452)]) {
    web.datagram(GATEWAY6, port, payload);
    const answer = await web.nextDatagram();
    expect([text(answer.payload), answer.source, answer.sourcePort]).toEqual([text(payload), GATEWAY6, port]);
  }
  server.close();
  await once(server, "close");
  web.datagram(GATEWAY6, port, Buffer.from("gone"), 4001);
  expect(await web.nextIcmp()).toBe("1/4");
});

/** A DNS question for a name. */
function query(name: string, type: number): Buffer {
  const labels = name.split(".").flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, type, 0, 1]);
}

test("names of the lab have the addresses that their stations were heard with, either way", async () => {
  const { web, place } = await open();
  const ask = async (name: string, type: number): Promise<readonly [number, number, Buffer]> => {
    web.datagram(GATEWAY6, 53, query(name, type), 5000);
    const { payload } = await web.nextDatagram();
    return [(payload[3] ?? 0) & 15, payload[7] ?? 0, Buffer.from(payload)];
  };
  const [code, count, bytes] = await ask("web", 28);
  expect([code, count, bytes.subarray(-16).toString("hex")]).toEqual([0, 1, WEB6]);
  expect((await ask("db", 28)).slice(0, 2)).toEqual([0, 0]); // Not heard yet.
  expect((await ask("web", 1))[2].subarray(-4)).toEqual(Buffer.from([10, 9, 0, 2]));
  const reverse = (address: string): string => `${[...address].reverse().join(".")}.ip6.arpa`;
  expect((await ask(reverse(WEB6), 12)).slice(0, 2)).toEqual([0, 1]);
  expect((await ask(reverse(`${WEB6.slice(0, 31)}9`), 12)).slice(0, 2)).toEqual([3, 0]);
  const talk = web.connect(GATEWAY6, 53);
  const framed = Buffer.concat([Buffer.from([0, query("web", 28).length]), query("web", 28)]);
  talk.write(framed);
  talk.end();
  await talk.whenEnded();
  expect(talk.bytes.subarray(-16).toString("hex")).toBe(WEB6);
  expect(place.nat.facts().broken).toBe(0);
});

const published = { address: "::1", listen: 0, to: "web.eth0", port: 80, isIp6: true } as const;

test("a port of the host's IPv6 leads to a guest's IPv6 address, once it was heard with one", async () => {
  const { web, place } = await open({ publish: [{ ...published, protocol: "tcp" }] });
  const { listen = 0 } = place.nat.facts().published[0] ?? {};
  const early = connect({ host: "::1", port: listen });
  const [error] = (await once(early, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ECONNRESET");
  web.listen(80, (talk) => void talk.until(() => talk.count >= 5).then(() => talk.write(talk.bytes)));
  const heard = web.nextIcmp();
  web.send(icmp6Frame(WEB6, GATEWAY6, Uint8Array.of(128, 0, 0, 0, 0, 7, 0, 1)));
  await heard;
  const client = connect({ host: "::1", port: listen });
  closing.push(() => client.destroy());
  client.write("hello");
  const [got] = (await once(client, "data")) as [Buffer];
  expect(text(got)).toBe("hello");
});

test("a port of the host's IPv6 leads to a guest that has IPv4 alone", async () => {
  const place = await Place.open({ ...SPEC6, publish: [{ ...published, protocol: "tcp", isIp6: false }] });
  closing.push(() => place.close());
  place.web.listen(80, (talk) => talk.write(Buffer.from("by IPv4")));
  const client = connect({ host: "::1", port: place.nat.facts().published[0]?.listen ?? 0 });
  closing.push(() => client.destroy());
  const [got] = (await once(client, "data")) as [Buffer];
  expect(text(got)).toBe("by IPv4");
});

test("a published UDP port by IPv6: each client has its own way to the guest and back", async () => {
  const { web, place } = await open({ publish: [{ ...published, protocol: "udp", port: 53 }] });
  const heard = web.nextIcmp();
  web.send(icmp6Frame(WEB6, GATEWAY6, Uint8Array.of(128, 0, 0, 0, 0, 7, 0, 1)));
  await heard;
  const { listen = 0 } = place.nat.facts().published[0] ?? {};
  const clients = ["one", "two"].map((name) => {
    const socket = createSocket("udp6");
    closing.push(() => socket.close());
    socket.send(name, listen, "::1");
    return { name, socket };
  });
  for (const _ of clients) {
    const { source, sourcePort, payload } = await web.nextDatagram();
    expect(source).toBe(GATEWAY6);
    web.datagram(GATEWAY6, sourcePort, Buffer.from(`${text(payload)} answered`), 53);
  }
  const answers = clients.map(async ({ name, socket }) => {
    const [answer] = (await once(socket, "message")) as [Buffer];
    expect(text(answer)).toBe(`${name} answered`);
  });
  await Promise.all(answers);
});

test("a network whose frames are too short for IPv6, or that has none: silence", async () => {
  for (const place of [await Place.open(SPEC6, { mtu: 1279 }), await Place.open({})]) {
    closing.push(() => place.close());
    const web = new Station6(place, WEB6);
    const frames: Uint8Array[] = [];
    place.heard = (frame) => frames.push(frame);
    web.send(icmp6Frame(WEB6, GATEWAY6, Uint8Array.of(128, 0, 0, 0, 0, 7, 0, 1)));
    place.web.datagram("10.9.0.1", 9, Buffer.from("after"));
    expect(await place.web.nextIcmp().catch(() => "")).toBe("3/3");
    expect(frames.length).toBe(1);
  }
});
