// What no guest reaches by IPv6 unless it is said, and the ways around: addresses that stand for others.
import { once } from "node:events";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, expect, test } from "vitest";
import { listening } from "./host-servers.test-support.ts";
import { mayReach6 } from "./reach6.ts";
import { Place, PLANNED, SPEC } from "./station.test-support.ts";
import { GATEWAY6, segment6, SPEC6, Station6, WEB6 } from "./station6.test-support.ts";
import { icmp6Frame, ip6Of } from "./wire6.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const SYN = 2;
const digits = (text: string): string => ip6Of(text) as string;
const OWN = ["203.0.113.7", "2001:db8:7::1/64", "2600:1::5/128", "fd00:1::1/64", "::1/128", "fe80::1/64"];
const usual = { outward: true, hostAccess: false, own: OWN };

/** The host's private networks, and its links with all that is on them. */
const NEAR = `fc00::1 fd00::1 fd00:1::1 fd00:1::77 fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8:7::1
  2001:db8:7::2 2001:db8:7:0:ffff:ffff:ffff:ffff 2600:1::5 64:ff9b:1::1 64:ff9b:1::7f00:1 2001:2::1
  2001:10::1 2001:1f:ffff::1 2001:20::1 2001:2f::1 64:ff9b::10.0.0.1 64:ff9b::172.16.0.1
  64:ff9b::192.168.0.1 64:ff9b::100.64.0.1 64:ff9b::203.0.113.7 2002:a00:1::1 2002:c0a8:1::1
  2002:cb00:7107::1 2001:0:a00:1:0:0:f7f7:f7f7 2001:0:808:808:0:0:f5ff:fffe 2600:9::5efe:10.0.0.1
  2600:9::200:5efe:192.168.0.1`.split(/\s+/);
/** The host itself, its link, groups, and what IPv4 says is none of these. */
const NEVER =
  `:: ::1 ::2 fe80::1 fe80::ffff:ffff febf::1 fec0::1 ff02::1 ff02::2 ff05::1:3 ff0e::1 ::127.0.0.1
  ::10.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:10.0.0.1 ::ffff:0:127.0.0.1 100::1 1::1
  4000::1 5f00::1 e000::1 64:ff9b::127.0.0.1 64:ff9b::127.255.255.255 64:ff9b::169.254.169.254
  64:ff9b::0.0.0.0 64:ff9b::224.0.0.1 64:ff9b::255.255.255.255 64:ff9a::8.8.8.8 64:ff9c::8.8.8.8
  2002:7f00:1::1 2002:a9fe:a9fe::1 2002:e000:1::1 2001:0:7f00:1::1 2001:0:808:808:0:0:80ff:fffe
  2600:9::5efe:127.0.0.1 2600:9::200:5efe:169.254.169.254 2600:9::100:5efe:127.0.0.1
  fd00::5efe:127.0.0.1`.split(/\s+/);
const WORLD =
  `2000::1 2001:db8:8::1 2001:4860:4860::8888 2600:1::6 2606:4700:4700::1111 3fff::1 2001:db8:6:ffff::1
  3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 64:ff9b::8.8.8.8 2002:808:808::1
  2001:0:808:808:0:0:f7f7:f7f7 2600:9::5efe:8.8.8.8 2001:3::1`.split(/\s+/);

test.each([...NEAR, ...NEVER])("%s is not reached", (address) => {
  expect(mayReach6(digits(address), usual)).toBe(false);
});

test.each(WORLD)("%s is reached, and not with `outward` off", (address) => {
  expect(mayReach6(digits(address), usual)).toBe(true);
  expect(mayReach6(digits(address), { ...usual, outward: false, hostAccess: true })).toBe(false);
});

test.each(NEAR)("%s is reached with host access", (address) => {
  expect(mayReach6(digits(address), { ...usual, hostAccess: true })).toBe(true);
});

test.each(NEVER)("%s is not reached even with host access", (address) => {
  expect(mayReach6(digits(address), { ...usual, hostAccess: true })).toBe(false);
});

test("nothing comes to the host at any of its addresses, and the guest is told", async () => {
  const { port, came } = await listening(closing, "udp6");
  const own = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address),
  );
  const place = await Place.open(SPEC6, { ownAddresses: () => [...own, ...OWN] });
  closing.push(() => place.close());
  const web = new Station6(place, WEB6);
  const isGroup = (address: string): boolean => digits(address).startsWith("ff");
  const isOnLink = (address: string): boolean => digits(address).startsWith("fe80000000000000");
  const addresses = [...own, ...NEAR, ...NEVER].filter(
    (each) => each.includes(":") && !isGroup(each) && !isOnLink(each),
  );
  for (const address of new Set(addresses)) {
    const target = digits(address);
    const told = web.nextIcmp();
    web.datagram(target, port, Buffer.from("hello"));
    expect(await told, address).toBe("1/1");
    const toldOfPing = web.nextIcmp();
    web.send(icmp6Frame(web.ip, target, Uint8Array.of(128, 0, 0, 0, 0, 7, 0, 1)));
    expect(await toldOfPing, address).toBe("1/1");
    const toldOfOpening = web.nextIcmp();
    web.send(segment6(web.ip, 1, target, port, SYN));
    expect(await toldOfOpening, address).toBe("1/1");
  }
  const refused = web.connect(GATEWAY6, port);
  await refused.whenOpen();
  expect(refused.state).toBe("reset");
  web.datagram(GATEWAY6, port, Buffer.from("hello"));
  expect(await web.nextIcmp()).toBe("1/4");
  expect(came).toEqual([]);
});

test("from an address of the link alone nothing gets out", async () => {
  const place = await Place.open(SPEC6);
  closing.push(() => place.close());
  const web = new Station6(place, "fe80000000000000000000fffe000002");
  const { dropped } = place.nat.facts();
  const there = digits("2001:db8:8::1");
  place.nat.receive(web.framed(segment6(web.ip, 1, there, 80, SYN)));
  expect(place.nat.facts()).toMatchObject({ dropped: dropped + 1, connections: 0 });
  web.datagram(there, 9, Buffer.from("x"));
  await expect.poll(() => place.nat.facts()).toMatchObject({ dropped: dropped + 2, flows: 0 });
});

test("what was allowed and is not any more: new connections are refused", async () => {
  const server = createServer((socket) => socket.on("error", () => undefined).end());
  server.listen(0, "::1");
  await once(server, "listening");
  closing.push(() => server.close());
  const { port } = server.address() as { port: number };
  const place = await Place.open({ ...SPEC6, hostAccess: true });
  closing.push(() => place.close());
  const web = new Station6(place, WEB6);
  const before = web.connect(GATEWAY6, port);
  await before.whenOpen();
  expect(before.state).toBe("open");
  await before.whenEnded();
  await place.nat.set({ ...SPEC, ...SPEC6, hostAccess: false }, PLANNED);
  const after = web.connect(GATEWAY6, port);
  await after.whenOpen();
  expect(after.state).toBe("reset");
});
