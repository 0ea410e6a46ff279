// A gateway in user mode and clients that know nothing of us: a network namespace is a station by an uplink
// of class tap; another one is the world.

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NatFacts } from "./hypervisor.ts";
import { must, type TestLab } from "./machine-room.test-support.ts";
import { exampleAddresses, stockClients } from "./nat-clients.test-support.ts";
import { factsOf, Labs, uplink } from "./uplinks.test-support.ts";

const LIMIT = { timeout: 120_000 };
const GATEWAY = "10.0.255.254";
/** This machine's, and the world's. */
const { here: HERE, there: THERE, nobody: NOBODY, prefix: PREFIX } = exampleAddresses().ip4;

const clients = stockClients("stock clients of a gateway", "cwvt");
const { lacks, folder, ip, run, start, isBlob } = clients;
const { station: STATION, world: WORLD, link: LINK, tap: TAP } = clients;
const labs = new Labs();
let lab: TestLab;

beforeAll(async () => {
  if (lacks !== undefined) return;
  writeFileSync(
    path.join(folder, "leased"),
    '#!/bin/sh\n[ "$1" = bound ] || exit 0\nip addr add $ip/$mask dev $interface\nip route add default via $router\n',
    { mode: 0o755 },
  );
  lab = labs.open({ warm: 0 });
  lab.plug(2, { names: ["web"] });
  const publish = [{ protocol: "tcp", address: "127.0.0.1", listen: 0, to: "eth2", port: 80 }] as const;
  const nat = {
    gateway: GATEWAY,
    prefix: 16,
    pool: ["10.0.1.0", "10.0.1.255"] as const,
    dhcp: true,
    dns: true,
  };
  must(
    await lab.hv.createUplink(
      "nat",
      uplink({ class: "nat", nat: { ...nat, outward: true, hostAccess: false, publish } }),
    ),
  );
  ip("tuntap", "add", "dev", TAP, "mode", "tap");
  must(await lab.hv.createUplink("out", uplink({ class: "tap", tap: { interface: TAP } })));
  for (const name of [STATION, WORLD]) {
    ip("netns", "add", name);
    ip("-n", name, "link", "set", "lo", "up");
  }
  ip("link", "add", LINK, "type", "veth", "peer", "name", "out", "netns", WORLD);
  ip("addr", "add", `${HERE}/${PREFIX}`, "dev", LINK);
  ip("link", "set", LINK, "up");
  ip("-n", WORLD, "addr", "add", `${THERE}/${PREFIX}`, "dev", "out");
  ip("-n", WORLD, "link", "set", "out", "up");
  ip("link", "set", TAP, "address", "02:00:00:00:00:02");
  ip("link", "set", TAP, "netns", STATION);
  ip("-n", STATION, "link", "set", TAP, "up");
  start(WORLD, "busybox", "httpd", "-f", "-p", "80", "-h", folder);
  start(STATION, "busybox", "httpd", "-f", "-p", "80", "-h", folder);
  start(WORLD, "iperf3", "-s");
}, 120_000);

afterAll(async () => {
  clients.end();
  await labs.close();
}, 60_000);

test("busybox udhcpc gets the planned address, and reaches the gateway by it", LIMIT, async () => {
  if (lacks !== undefined) return;
  const lease = ["udhcpc", "-i", TAP, "-n", "-q", "-f", "-t", "20", "-s", path.join(folder, "leased")];
  expect(await run("busybox", lease)).toMatchObject({ code: 0 });
  expect((await run("ip", ["-4", "-o", "addr", "show", TAP])).out).toContain(" 10.0.0.2/16 ");
  expect((await run("ping", ["-c", "2", "-W", "10", "-s", "3000", GATEWAY])).out).toContain(
    " 0% packet loss",
  );
});

test("dig finds names of the lab, by UDP and TCP, and addresses' names", LIMIT, async () => {
  if (lacks !== undefined) return;
  const dig = async (...words: string[]): Promise<string> =>
    (await run("dig", [`@${GATEWAY}`, "+short", "+time=10", ...words])).out.trim();
  expect(await dig("web")).toBe("10.0.0.2");
  expect(await dig("web", "+tcp")).toBe("10.0.0.2");
  expect(await dig("-x", "10.0.0.2")).toBe("web.");
});

test("curl gets a file from outside, and is told at once what is not to be had", LIMIT, async () => {
  if (lacks !== undefined) return;
  const [got, REFUSED] = [path.join(folder, "got"), 7];
  expect(await run("curl", ["-s", "-o", got, `http://${THERE}/blob`])).toMatchObject({ code: 0 });
  expect(isBlob(got)).toBe(true);
  for (const place of [`${THERE}:81`, `${HERE}:80`, "169.254.169.254", "192.168.0.1", GATEWAY])
    expect(await run("curl", ["-s", "-m", "30", `http://${place}/`]), place).toMatchObject({ code: REFUSED });
});

test("pings get out, by either kind of socket, and an address that nobody has is told", LIMIT, async () => {
  if (lacks !== undefined) return;
  const range = "/proc/sys/net/ipv4/ping_group_range";
  const before = readFileSync(range, "utf8");
  try {
    for (const groups of ["1 0", "0 0"]) {
      writeFileSync(range, groups);
      for (const bytes of ["56", "3000"]) {
        const { out } = await run("ping", ["-c", "3", "-i", "0.2", "-W", "10", "-s", bytes, THERE]);
        expect(out, groups).toContain("3 received, 0% packet loss");
      }
      const { out } = await run("ping", ["-c", "1", "-W", "30", NOBODY]);
      expect(out, groups).toContain("Destination Host Unreachable");
      expect((await run("ping", ["-c", "1", "-W", "10", HERE])).out).toContain("Packet filtered");
    }
  } finally {
    writeFileSync(range, before);
  }
});

test("curl of this machine gets a file from the station", LIMIT, async () => {
  if (lacks !== undefined) return;
  const { listen = 0 } = (factsOf(lab, "nat").nat as NatFacts).published[0] ?? {};
  const got = path.join(folder, "got-here");
  expect(await run("curl", ["-s", "-o", got, `http://127.0.0.1:${listen}/blob`], true)).toMatchObject({
    code: 0,
  });
  expect(isBlob(got)).toBe(true);
});

test.each([[[]], [["-R"]], [["-u", "-b", "5M"]]])("iperf3 %j", LIMIT, async (words) => {
  if (lacks !== undefined) return;
  const { code, out } = await run("iperf3", ["-J", "-t", "1", "-c", THERE, ...words]);
  const { end } = JSON.parse(out) as { end: { sum_received?: { bytes: number }; sum?: { bytes: number } } };
  expect(code, out).toBe(0);
  expect((end.sum_received ?? end.sum)?.bytes).toBeGreaterThan(100_000);
});
