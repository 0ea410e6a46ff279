// What no guest reaches unless it is said: the host, its link, its private networks - by address or by name.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { afterEach, expect, test } from "vitest";
import { listening } from "./host-servers.test-support.ts";
import { mayReach } from "./reach.ts";
import { icmpFrame } from "./wire.ts";
import { GATEWAY, number, Place, PLANNED, segment, SPEC } from "./station.test-support.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const SYN = 2;
const PING = Uint8Array.of(8, 0, 0, 0, 0, 7, 0, 1);
const OWN = ["203.0.113.7"];
const usual = { outward: true, hostAccess: false, own: OWN };

const NEAR = `10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255 100.64.0.1
  100.127.255.255 192.0.0.8 198.18.0.1 198.19.255.255 203.0.113.7`.split(/\s+/);
const NEVER = `127.0.0.1 127.255.255.255 169.254.0.1 169.254.169.254 0.0.0.0 0.1.2.3 224.0.0.1 239.255.255.255
  240.0.0.1 255.255.255.255`.split(/\s+/);
const WORLD =
  `1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255
  169.255.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 203.0.113.8
  223.255.255.255`.split(/\s+/);

test.each([...NEAR, ...NEVER])("%s is not reached", (address) => {
  expect(mayReach(number(address), usual)).toBe(false);
});

test.each(WORLD)("%s is reached, and not with `outward` off", (address) => {
  expect(mayReach(number(address), usual)).toBe(true);
  expect(mayReach(number(address), { ...usual, outward: false, hostAccess: true })).toBe(false);
});

test.each(NEAR)("%s is reached with host access", (address) => {
  expect(mayReach(number(address), { ...usual, hostAccess: true })).toBe(true);
});

test.each(NEVER)("%s is not reached even with host access", (address) => {
  expect(mayReach(number(address), { ...usual, hostAccess: true })).toBe(false);
});

test("nothing comes to the host at any of its addresses, and the guest is told", async () => {
  const { port, came } = await listening(closing);
  const own = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((each) => each.address));
  const place = await Place.open({}, { ownAddresses: () => [...own, ...OWN] });
  closing.push(() => place.close());
  const addresses = [...own, ...NEAR, ...NEVER].filter(
    (each) => each.includes(".") && each !== "255.255.255.255",
  );
  for (const address of new Set(addresses)) {
    const isGroup = number(address) >>> 28 === 0xe;
    if (!isGroup) {
      const told = place.web.nextIcmp();
      place.web.datagram(address, port, Buffer.from("hello"));
      expect(await told, address).toBe("3/13");
      const toldOfPing = place.web.nextIcmp();
      place.web.send(icmpFrame(place.web.ip, number(address), PING, 1));
      expect(await toldOfPing, address).toBe("3/13");
    }
    const told = place.web.nextIcmp();
    place.nat.receive(segment(place.web.ip, 1, number(address), port, SYN));
    expect(await told, address).toBe("3/13");
  }
  const refused = place.web.connect(GATEWAY, port);
  await refused.whenOpen();
  expect(refused.state).toBe("reset");
  place.web.datagram(GATEWAY, port, Buffer.from("hello"));
  expect(await place.web.nextIcmp()).toBe("3/3");
  expect(came).toEqual([]);
});

test("a name that leads to the host gains nothing", async () => {
  const { port, came } = await listening(closing);
  // A server whose every name is at 127.0.0.1.
  const names = createSocket("udp4", (query, from) => {
    const record = Buffer.from("c00c000100010000000000047f000001", "hex");
    const answer = Buffer.concat([query, record]);
    answer[2] = 0x84;
    answer[7] = 1;
    names.send(answer, from.port, from.address);
  });
  names.bind(0, "127.0.0.1");
  await once(names, "listening");
  closing.push(() => names.close());
  const place = await Place.open({}, { servers: () => [`127.0.0.1:${names.address().port}`] });
  closing.push(() => place.close());
  const query = Buffer.from(
    `123401000001000000000000${"06"}${Buffer.from("rebind").toString("hex")}0000010001`,
    "hex",
  );
  place.web.datagram(GATEWAY, 53, query);
  const { payload } = await place.web.nextDatagram();
  expect([...payload.subarray(-4)]).toEqual([127, 0, 0, 1]);
  const told = place.web.nextIcmp();
  place.nat.receive(segment(place.web.ip, 1, number("127.0.0.1"), port, SYN));
  expect(await told).toBe("3/13");
  expect(came).toEqual([]);
});

test("what was allowed and is not any more: new connections are refused", async () => {
  const { port, came } = await listening(closing);
  const place = await Place.open({ hostAccess: true });
  closing.push(() => place.close());
  const before = place.web.connect(GATEWAY, port);
  await before.whenOpen();
  expect(before.state).toBe("open");
  await before.whenEnded();
  await place.nat.set({ ...SPEC, hostAccess: false }, PLANNED);
  const after = place.web.connect(GATEWAY, port);
  await after.whenOpen();
  expect([after.state, came.length]).toEqual(["reset", 1]);
});
