// The gateway's own services: DHCP, DNS, echo, ARP, as messages.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { NAT_DNS_PENDING_MAX, NAT_LEASES_MAX } from "../../limits.ts";
import { Dhcp, type DhcpPlan } from "./dhcp.ts";
import { GATEWAY, number, Place } from "./station.test-support.ts";
import { BODY, get32, icmpFrame, IP, ip4Text } from "./wire.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(...asked: Parameters<typeof Place.open>): Promise<Place> {
  const place = await Place.open(...asked);
  closing.push(() => place.close());
  return place;
}

const PLAN: DhcpPlan = {
  gateway: number(GATEWAY),
  prefix: 24,
  mtu: 9000,
  dns: true,
  pool: [number("10.9.0.2"), number("10.9.0.254")],
  byMac: new Map([["02:00:00:00:00:02", { ip: number("10.9.0.2"), name: "web" }]]),
  isPlanned: (address) => address === number("10.9.0.2"),
};
const [DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM] = [1, 2, 3, 4, 5, 6, 7, 8];

interface Asked {
  readonly type: number;
  readonly mac?: string;
  readonly asks?: string;
  readonly server?: string;
  readonly has?: string;
}

function message({ type, mac = "02:00:00:00:00:02", asks, server, has }: Asked): Uint8Array {
  const bytes = Buffer.alloc(300);
  bytes.set([1, 1, 6, 0, 0xab, 0xcd, 0xef, 0x01]);
  if (has) bytes.writeUInt32BE(number(has), 12);
  bytes.set(Buffer.from(mac.replaceAll(":", ""), "hex"), 28);
  bytes.writeUInt32BE(0x63825363, 236);
  const options = [53, 1, type];
  const word = (text: string): number[] => text.split(".").map(Number);
  if (asks) options.push(50, 4, ...word(asks));
  if (server) options.push(54, 4, ...word(server));
  bytes.set([...options, 255], 240);
  return bytes;
}

/** An answer's type, address, and options by number. */
function read(answer: { payload: Uint8Array } | undefined): {
  type?: number;
  ip?: string;
  options: Map<number, number[]>;
} {
  const options = new Map<number, number[]>();
  if (!answer) return { options };
  const { payload } = answer;
  for (let at = 240; payload[at] !== 255; at += 2 + (payload[at + 1] ?? 0))
    options.set(payload[at] ?? 0, [...payload.subarray(at + 2, at + 2 + (payload[at + 1] ?? 0))]);
  return { type: options.get(53)?.[0] ?? 0, ip: ip4Text(get32(payload, 16)), options };
}

test("a planned device gets its planned address and what goes with it", () => {
  const dhcp = new Dhcp(() => 0);
  expect(read(dhcp.answer(message({ type: DISCOVER }), PLAN))).toMatchObject({ type: OFFER, ip: "10.9.0.2" });
  const { type, ip, options } = read(
    dhcp.answer(message({ type: REQUEST, asks: "10.9.0.2", server: GATEWAY }), PLAN),
  );
  expect([type, ip]).toEqual([ACK, "10.9.0.2"]);
  const gateway = [10, 9, 0, 1];
  expect([1, 3, 6, 26, 54].map((each) => options.get(each))).toEqual([
    [255, 255, 255, 0],
    gateway,
    gateway,
    [9000 >> 8, 9000 & 255],
    gateway,
  ]);
  expect(Buffer.from(options.get(12) ?? []).toString()).toBe("web");
});

test("another address than its own is refused, another server's offer is not ours to confirm", () => {
  const dhcp = new Dhcp(() => 0);
  expect(read(dhcp.answer(message({ type: REQUEST, asks: "10.9.0.77" }), PLAN)).type).toBe(NAK);
  expect(dhcp.answer(message({ type: REQUEST, asks: "10.9.0.2", server: "10.9.0.9" }), PLAN)).toBeUndefined();
});

test("who is not planned gets a free address from the pool's end, and keeps it while it asks", () => {
  let now = 0;
  const dhcp = new Dhcp(() => now);
  const ask = (mac: string): string | undefined =>
    read(dhcp.answer(message({ type: DISCOVER, mac }), PLAN)).ip;
  const [one, two] = ["52:54:00:00:00:01", "52:54:00:00:00:02"];
  expect([ask(one), ask(two), ask(one)]).toEqual(["10.9.0.254", "10.9.0.253", "10.9.0.254"]);
  dhcp.answer(message({ type: RELEASE, mac: one }), PLAN);
  expect(ask("52:54:00:00:00:03")).toBe("10.9.0.254");
  dhcp.answer(message({ type: DECLINE, mac: two }), PLAN);
  expect(ask(two)).toBe("10.9.0.252"); // Somebody was found to have .253.
  now = 3_600_001;
  expect(ask("52:54:00:00:00:04")).toBe("10.9.0.254");
});

test("who has an address already is told the rest", () => {
  const answer = new Dhcp(() => 0).answer(message({ type: INFORM, has: "10.9.0.2" }), PLAN);
  expect(read(answer)).toMatchObject({ type: ACK, ip: "0.0.0.0" });
  expect(answer?.target).toBe(number("10.9.0.2"));
});

test("as many leases as there may be, and one more", () => {
  const dhcp = new Dhcp(() => 0);
  const plan: DhcpPlan = { ...PLAN, prefix: 16, pool: [number("10.9.1.0"), number("10.9.9.255")] };
  const ask = (n: number): unknown =>
    dhcp.answer(
      message({ type: DISCOVER, mac: `52:54:00:00:0${n >> 8}:${(n & 255).toString(16).padStart(2, "0")}` }),
      plan,
    );
  for (let n = 0; n < NAT_LEASES_MAX; n++) expect(ask(n)).toBeDefined();
  expect(ask(NAT_LEASES_MAX)).toBeUndefined();
  expect(ask(0)).toBeDefined();
});

/** A DNS query. */
function query(name: string, type: number): Buffer {
  const labels = name.split(".").flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, type, 0, 1]);
}

const [A, PTR, TXT, AAAA] = [1, 12, 16, 28];

async function ask(
  place: Place,
  name: string,
  type: number,
): Promise<{ code: number; count: number; end: number[] }> {
  place.web.datagram(GATEWAY, 53, query(name, type), 5000);
  const { payload } = await place.web.nextDatagram(({ targetPort }) => targetPort === 5000);
  expect([payload[0], payload[1]]).toEqual([0x12, 0x34]);
  return { code: (payload[3] ?? 0) & 15, count: payload[7] ?? 0, end: [...payload.subarray(-4)] };
}

test("names of the lab, either way, in any case; what it has not is not asked for outside", async () => {
  const place = await open();
  expect(await ask(place, "web", A)).toEqual({ code: 0, count: 1, end: [10, 9, 0, 2] });
  expect(await ask(place, "WEB.eth0", A)).toEqual({ code: 0, count: 1, end: [10, 9, 0, 2] });
  expect(await ask(place, "web", AAAA)).toMatchObject({ code: 0, count: 0 });
  expect(await ask(place, "2.0.9.10.in-addr.arpa", PTR)).toMatchObject({ code: 0, count: 1 });
  expect(await ask(place, "77.0.9.10.in-addr.arpa", PTR)).toMatchObject({ code: 3, count: 0 });
});

test("all else is asked of the host's servers, one after the other, as it came", async () => {
  const asked: string[] = [];
  const server = createSocket("udp4", (message, from) => {
    asked.push(message.subarray(2).toString("hex"));
    server.send(
      Buffer.concat([message.subarray(0, 2), Buffer.from("8180000100000000000099", "hex")]),
      from.port,
      from.address,
    );
  });
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as { port: number };
  free.close();
  // The first is not there.
  const place = await open(
    {},
    { servers: () => [`127.0.0.1:${port}`, `127.0.0.1:${server.address().port}`] },
  );
  expect(await ask(place, "example.org", TXT)).toMatchObject({ code: 0, end: [0, 0, 0, 0x99] });
  expect(asked).toEqual([query("example.org", TXT).subarray(2).toString("hex")]);
});

test("without a server that answers, the guest is told; so is one too many", async () => {
  const place = await open({}, { servers: () => [] });
  expect(await ask(place, "example.org", A)).toMatchObject({ code: 2 });
  const silent = createSocket("udp4");
  silent.bind(0, "127.0.0.1");
  await once(silent, "listening");
  closing.push(() => silent.close());
  const slow = await open({}, { servers: () => [`127.0.0.1:${silent.address().port}`] });
  for (let n = 0; n < NAT_DNS_PENDING_MAX; n++) slow.web.datagram(GATEWAY, 53, query("example.org", A), 6000);
  expect(await ask(slow, "one.more", A)).toMatchObject({ code: 2 });
  expect(await ask(slow, "web", A)).toMatchObject({ code: 0, count: 1 });
});

test("by TCP too: several questions, and an answer for each", async () => {
  const place = await open();
  const talk = place.web.connect(GATEWAY, 53);
  const framed = Buffer.concat([Buffer.from([0, query("web", A).length]), query("web", A)]);
  talk.write(framed.subarray(0, 7));
  talk.write(Buffer.concat([framed.subarray(7), framed]));
  talk.end();
  await talk.whenEnded();
  const { bytes } = talk;
  expect(bytes.length).toBe(2 * (2 + query("web", A).length + 16));
  expect([...bytes.subarray(-4)]).toEqual([10, 9, 0, 2]);
});

test("no DNS, no DHCP where they are off", async () => {
  const place = await open({ dns: false, dhcp: false });
  place.web.datagram(GATEWAY, 53, query("web", A));
  expect(await place.web.nextIcmp()).toBe("3/3");
  const frames: Uint8Array[] = [];
  place.heard = (frame) => frames.push(frame);
  place.web.datagram(GATEWAY, 67, message({ type: DISCOVER }), 68);
  place.web.datagram(GATEWAY, 9, Buffer.from("after"));
  expect(await place.web.nextIcmp()).toBe("3/3");
  expect(frames.length).toBe(1);
});

test("echo comes back, as long as it was; whole, where it comes in pieces", async () => {
  const place = await open();
  const body = Buffer.concat([Buffer.from([8, 0, 0, 0, 0, 7, 0, 1]), Buffer.alloc(1400, "x")]);
  place.web.send(icmpFrame(number("10.9.0.2"), number(GATEWAY), body, 1));
  const packet = await place.web.next((one) => one[IP + 9] === 1);
  expect([packet[BODY], packet.length]).toEqual([0, BODY + body.length]);
});
