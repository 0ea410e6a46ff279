// A gateway's IPv6 and clients that know nothing of us: a network namespace is a station by an uplink of
// class tap, and gives itself its address; another one is the world, behind a router, which is this machine.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NatFacts } from "./hypervisor.ts";
import { must, type TestLab, until } from "./machine-room.test-support.ts";
import { exampleAddresses, stockClients } from "./nat-clients.test-support.ts";
import { factsOf, Labs, uplink } from "./uplinks.test-support.ts";

const LIMIT = { timeout: 120_000 };
const GATEWAY = "fd00:9::1";
/** This machine's link, and what lies behind it. */
const { here: HERE, next: NEXT, there: THERE, nobody: NOBODY, behind6: BEHIND } = exampleAddresses().ip6;
/** What the station makes of the prefix and its MAC address. */
const OWN = "fd00:9::ff:fe00:2";

const clients = stockClients(
  "stock clients of a gateway by IPv6",
  "dxyu",
  existsSync("/proc/net/if_inet6") ? [] : ["IPv6"],
);
const { lacks, folder, ip, run, start, isBlob } = clients;
const { station: STATION, world: WORLD, link: LINK, tap: TAP } = clients;
const labs = new Labs();
let lab: TestLab;

function let6(namespace: string, link: string, name: string, value: number): void {
  const file = `/proc/sys/net/ipv6/conf/${link}/${name}`;
  execFileSync("ip", ["netns", "exec", namespace, "sh", "-c", `echo ${value} > ${file}`], { stdio: "pipe" });
}

beforeAll(async () => {
  if (lacks !== undefined) return;
  lab = labs.open({ warm: 0 });
  lab.plug(2, { names: ["web"] });
  const published = { protocol: "tcp", address: "::1", listen: 0, to: "eth2", port: 80 } as const;
  const nat = {
    gateway: "10.0.255.254",
    prefix: 16,
    gateway6: GATEWAY,
    pool: ["10.0.1.0", "10.0.1.255"] as const,
    dhcp: true,
    dns: true,
    outward: true,
    hostAccess: false,
    publish: [{ ...published, isIp6: true }],
  };
  must(await lab.hv.createUplink("nat", uplink({ class: "nat", nat })));
  ip("tuntap", "add", "dev", TAP, "mode", "tap");
  must(await lab.hv.createUplink("out", uplink({ class: "tap", tap: { interface: TAP } })));
  for (const name of [STATION, WORLD]) {
    ip("netns", "add", name);
    let6(name, "all", "disable_ipv6", 0);
    let6(name, "default", "disable_ipv6", 0);
    ip("-n", name, "link", "set", "lo", "up");
  }
  ip("link", "add", LINK, "type", "veth", "peer", "name", "out", "netns", WORLD);
  ip("addr", "add", `${HERE}/64`, "dev", LINK, "nodad");
  ip("link", "set", LINK, "up");
  ip("-n", WORLD, "addr", "add", `${NEXT}/64`, "dev", "out", "nodad");
  ip("-n", WORLD, "addr", "add", `${THERE}/64`, "dev", "lo", "nodad");
  ip("-n", WORLD, "link", "set", "out", "up");
  ip("route", "add", `${BEHIND}::/64`, "via", NEXT);
  ip("link", "set", TAP, "address", "02:00:00:00:00:02");
  ip("link", "set", TAP, "netns", STATION);
  ip("-n", STATION, "link", "set", TAP, "up");
  start(WORLD, "busybox", "httpd", "-f", "-p", `[::]:80`, "-h", folder);
  start(STATION, "busybox", "httpd", "-f", "-p", "[::]:80", "-h", folder);
  start(WORLD, "iperf3", "-6", "-s", "-B", THERE); // Else UDP is answered from its other address.
}, 120_000);

afterAll(async () => {
  clients.end();
  await labs.close();
}, 60_000);

test("Linux gives itself an address of the prefix and a way out, and pings the gateway", LIMIT, async () => {
  if (lacks !== undefined) return;
  await until("it has the address", () => {
    const addresses = ip("-n", STATION, "-6", "-o", "addr", "show", TAP);
    return addresses.includes(` ${OWN}/64 `) && !addresses.includes("tentative");
  });
  expect(ip("-n", STATION, "-6", "route")).toMatch(/^default via fe80::\S+ dev \S+ proto ra/m);
  for (const bytes of ["56", "3000"]) {
    const { out } = await run("ping", ["-6", "-c", "2", "-W", "10", "-s", bytes, GATEWAY]);
    expect(out).toContain(" 0% packet loss");
  }
});

test("dig finds names of the lab by IPv6, by UDP and TCP, and the address's name", LIMIT, async () => {
  if (lacks !== undefined) return;
  const dig = async (...words: string[]): Promise<string> =>
    (await run("dig", [`@${GATEWAY}`, "+short", "+time=10", ...words])).out.trim();
  expect(await dig("AAAA", "web")).toBe(OWN);
  expect(await dig("AAAA", "web", "+tcp")).toBe(OWN);
  expect(await dig("A", "web")).toBe("10.0.0.2");
  expect(await dig("-x", OWN)).toBe("web.");
});

test("curl gets a file from outside, and is told at once what is not to be had", LIMIT, async () => {
  if (lacks !== undefined) return;
  const [got, REFUSED] = [path.join(folder, "got"), 7];
  expect(await run("curl", ["-s", "-g", "-o", got, `http://[${THERE}]/blob`])).toMatchObject({ code: 0 });
  expect(isBlob(got)).toBe(true);
  const places = [
    `[${THERE}]:81`,
    `[${HERE}]:80`,
    `[${NEXT}]:80`,
    "[fd00:1::1]",
    "[64:ff9b::7f00:1]",
    `[${GATEWAY}]`,
  ];
  for (const place of places)
    expect(await run("curl", ["-s", "-g", "-m", "30", `http://${place}/`]), place).toMatchObject({
      code: REFUSED,
    });
});

test("pings get out, by either kind of socket, and what can't be reached is told", LIMIT, async () => {
  if (lacks !== undefined) return;
  const range = "/proc/sys/net/ipv4/ping_group_range";
  const before = readFileSync(range, "utf8");
  try {
    for (const groups of ["1 0", "0 0"]) {
      writeFileSync(range, groups);
      for (const bytes of ["56", "3000"]) {
        const { out } = await run("ping", ["-6", "-c", "3", "-i", "0.2", "-W", "10", "-s", bytes, THERE]);
        expect(out, groups).toContain("3 received, 0% packet loss");
      }
      const { out } = await run("ping", ["-6", "-c", "1", "-W", "30", NOBODY]);
      expect(out, groups).toContain("Destination unreachable: Address unreachable");
      const { out: near } = await run("ping", ["-6", "-c", "1", "-W", "10", HERE]);
      expect(near).toContain("Destination unreachable: Administratively prohibited");
    }
  } finally {
    writeFileSync(range, before);
  }
});

test("curl of this machine's IPv6 gets a file from the station's", LIMIT, async () => {
  if (lacks !== undefined) return;
  const { listen = 0 } = (factsOf(lab, "nat").nat as NatFacts).published[0] ?? {};
  const got = path.join(folder, "got-here");
  expect(await run("curl", ["-s", "-g", "-o", got, `http://[::1]:${listen}/blob`], true)).toMatchObject({
    code: 0,
  });
  expect(isBlob(got)).toBe(true);
});

test.each([[[]], [["-R"]], [["-u", "-b", "5M"]]])("iperf3 -6 %j", LIMIT, async (words) => {
  if (lacks !== undefined) return;
  const { code, out } = await run("iperf3", ["-6", "-J", "-t", "1", "-c", THERE, ...words]);
  const { end } = JSON.parse(out) as { end: { sum_received?: { bytes: number }; sum?: { bytes: number } } };
  expect(code, out).toBe(0);
  expect((end.sum_received ?? end.sum)?.bytes).toBeGreaterThan(100_000);
});
