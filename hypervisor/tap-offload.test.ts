// Large frames of the kernel's own TCP over TAP interfaces: whole between interfaces and before a gateway, in
// segments with right sums before everybody else.

import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadSystem, type System } from "./backend/system.ts";
import type { UplinkIo } from "./backend/uplink/end.ts";
import { TapEnd } from "./backend/uplink/tap-end.ts";
import { tsharkFields, hasPeer } from "./capture/tshark.test-support.ts";
import type { CounterFacts, NatSpec } from "./hypervisor.ts";
import { must, until, type TestLab } from "./machine-room.test-support.ts";
import { bytesOf, lacking, Namespace } from "./namespaces.test-support.ts";
import { carries, factsOf, Labs, portOf, socket, uplink } from "./uplinks.test-support.ts";

const LIMIT = { timeout: 120_000 };
const MTU = 1500;
const FRAME_MAX = MTU + 14;
const lacks = lacking("large frames of TAP interfaces", ["ip", "socat", "ethtool", "ping"]);
const blob = randomBytes(16_000_000);
const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const tap = (name: string) => ({ class: "tap", tap: { interface: name } }) as const;

let labs: Labs;
let folder: string;
let spaces: Namespace[];
let links: string[];

beforeEach(() => {
  labs = new Labs();
  folder = mkdtempSync(path.join(os.tmpdir(), "vbus-tap-"));
  [spaces, links] = [[], []];
});

afterEach(async () => {
  for (const space of spaces) space.close();
  await labs.close();
  for (const link of links) execFileSync("sh", ["-c", `ip link del ${link} 2>/dev/null || true`]);
  rmSync(folder, { recursive: true });
}, 60_000);

/** A namespace that is the n-th station of a lab, by an uplink `tapN`. */
async function station(lab: TestLab, n: number): Promise<Namespace> {
  const link = `vbt${n}x${process.pid}`;
  execFileSync("ip", ["tuntap", "add", "dev", link, "mode", "tap"], { stdio: "pipe" });
  links.push(link);
  must(await lab.hv.createUplink(`tap${n}`, uplink(tap(link))));
  const space = new Namespace(`n${n}x`);
  spaces.push(space);
  space.take(link, MTU, `10.0.1.${n}/16`, `fd00::${n}/64`);
  return space;
}

/** Carries the file from one to the other by the kernel's TCP, and looks that it is the same. */
async function carry(from: Namespace, to: Namespace, address: string, bytes = blob): Promise<void> {
  const [got, sent] = [path.join(folder, "got"), path.join(folder, "sent")];
  writeFileSync(sent, bytes);
  rmSync(got, { force: true });
  const family = address.includes(":") ? "6" : "4";
  const where = family === "6" ? `[${address}]` : address;
  const listener = to.start("socat", "-u", `TCP${family}-LISTEN:99,reuseaddr`, `OPEN:${got},creat,trunc`);
  const ended = once(listener, "exit");
  const call = ["socat", "-u", "-b", "262144", `OPEN:${sent},rdonly`];
  await from.run(...call, `TCP${family}:${where}:99,retry=100,interval=0.1`);
  await ended;
  expect(digest(bytesOf(got))).toBe(digest(bytes));
  for (const each of [from, to]) expect(each.tcpCount("InCsumErrors")).toBe(0);
}

const average = ({ bytes, count }: CounterFacts): number => bytes / count;

test("between two interfaces they go whole, for IPv4 and IPv6", LIMIT, async () => {
  if (lacks !== undefined) return;
  const lab = labs.open({ warm: 0 });
  const [one, two] = [await station(lab, 1), await station(lab, 2)];
  const features = await one.run("ethtool", "-k", links[0] as string);
  for (const name of ["tx-checksumming", "tcp-segmentation-offload", "tx-tcp6-segmentation"])
    expect(features).toMatch(new RegExp(`${name}: on`));
  for (const address of ["10.0.1.2", "fd00::2"]) {
    const before = [factsOf(lab, "tap1").rx, factsOf(lab, "tap2").tx] as const;
    await carry(one, two, address);
    const now = [factsOf(lab, "tap1").rx, factsOf(lab, "tap2").tx] as const;
    for (const [index, { count, bytes }] of now.entries()) {
      const had = before[index] as CounterFacts;
      expect(bytes - had.bytes).toBeGreaterThan(blob.length);
      expect((bytes - had.bytes) / (count - had.count)).toBeGreaterThan(2 * FRAME_MAX);
    }
  }
});

test("a gateway takes them from an interface, and sends them to it", LIMIT, async () => {
  if (lacks !== undefined) return;
  const lab = labs.open({ warm: 0 });
  const nat: NatSpec = {
    gateway: "10.0.255.254",
    prefix: 16,
    gateway6: "fd00::fffe",
    pool: ["10.0.2.0", "10.0.2.255"],
    dhcp: false,
    dns: false,
    outward: true,
    hostAccess: true,
    publish: [],
  };
  must(await lab.hv.createUplink("nat", uplink({ class: "nat", nat })));
  const space = await station(lab, 1);
  const got: Buffer[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    got.length = 0;
    socket.on("data", (chunk) => got.push(chunk as Buffer)).on("end", () => socket.end(blob));
  });
  server.listen(0, "::").unref();
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const [sent, back] = [path.join(folder, "sent"), path.join(folder, "back")];
  writeFileSync(sent, blob);
  for (const place of ["TCP4:10.0.255.254", "TCP6:[fd00::fffe]"]) {
    const before = [factsOf(lab, "nat").tx, factsOf(lab, "nat").rx] as const;
    const ends = `OPEN:${sent},rdonly!!CREATE:${back}`;
    await space.run("socat", "-t", "60", "-b", "262144", ends, `${place}:${port}`);
    expect(digest(Buffer.concat(got))).toBe(digest(blob));
    expect(digest(bytesOf(back))).toBe(digest(blob));
    const now = [factsOf(lab, "nat").tx, factsOf(lab, "nat").rx] as const;
    for (const [index, { count, bytes }] of now.entries()) {
      const had = before[index] as CounterFacts;
      expect(bytes - had.bytes).toBeGreaterThan(blob.length);
      expect((bytes - had.bytes) / (count - had.count)).toBeGreaterThan(2 * FRAME_MAX);
    }
  }
  expect(space.tcpCount("InCsumErrors")).toBe(0);
  server.close();
});

test("before a socket they are cut, and the kernel behind it finds all sums right", LIMIT, async () => {
  if (lacks !== undefined) return;
  const [here, there] = [labs.open({ warm: 0 }), labs.open({ warm: 0 })];
  const tcp = { family: "tcp", host: "127.0.0.1", port: 0 } as const;
  must(await here.hv.createUplink("out", uplink(socket("listen", tcp))));
  const other = { ...tcp, port: portOf(here) };
  must(await there.hv.createUplink("out", uplink(socket("connect", other))));
  await carries(here);
  const [one, two] = [await station(here, 1), await station(there, 2)];
  await carry(one, two, "10.0.1.2");
  await carry(one, two, "fd00::2");
  expect(average(factsOf(there, "out").rx)).toBeLessThanOrEqual(FRAME_MAX);
  expect(factsOf(there, "tap2").tx.bytes).toBeGreaterThan(2 * blob.length);
});

test("who captures sees no frame longer than a wire's, each with right sums", LIMIT, async () => {
  if (lacks !== undefined || !hasPeer("tshark")) return;
  const lab = labs.open({ warm: 0 });
  const [one, two] = [await station(lab, 1), await station(lab, 2)];
  const capture = must(lab.hv.capture({ networks: ["lan"] }));
  const pieces: Uint8Array[] = [];
  const reading = (async () => {
    for (let done = false; !done;) {
      const chunk = await capture.read();
      pieces.push(chunk.bytes);
      ({ done } = chunk);
    }
  })();
  await carry(one, two, "10.0.1.2", blob.subarray(0, 500_000));
  capture.stop();
  await reading;
  const fields = ["frame.len", "ip.checksum.status", "tcp.checksum.status", "tcp.len"] as const;
  const checks = ["-Y", "tcp", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
  const rows = tsharkFields(Buffer.concat(pieces), fields, checks);
  expect(rows.reduce((sum, row) => sum + Number(row["tcp.len"]), 0)).toBeGreaterThanOrEqual(500_000);
  expect(Math.max(...rows.map((row) => Number(row["frame.len"])))).toBe(FRAME_MAX);
  const isRight = (row: (typeof rows)[number]): boolean =>
    row["ip.checksum.status"] === "1" && row["tcp.checksum.status"] === "1";
  expect(rows.filter((row) => !isRight(row))).toEqual([]);
});

test(
  "where the kernel refuses its header, frames go plain, and what an interface kept is undone",
  LIMIT,
  async () => {
    if (lacks !== undefined) return;
    const link = `vbtpx${process.pid}`;
    links.push(link);
    execFileSync("ip", ["tuntap", "add", "dev", link, "mode", "tap"], { stdio: "pipe" });
    const system = (await loadSystem()) as System;
    const [TUNSETIFF, VNET_HDR] = [0x400454ca, 0x4000];
    const older: System = {
      ...system,
      ioctl: (fd, request, argument) =>
        request === TUNSETIFF && typeof argument !== "number" && ((argument[17] as number) << 8) & VNET_HDR
          ? "EINVAL"
          : system.ioctl(fd, request, argument),
    };
    const features = (): string => String(execFileSync("ethtool", ["-k", link]));
    const open = async (of: System): Promise<{ end: TapEnd; frames: Uint8Array[] }> => {
      const frames: Uint8Array[] = [];
      const send = (frame: Uint8Array): number => frames.push(Uint8Array.from(frame));
      const io: UplinkIo = {
        send,
        sendLarge: send,
        isPlugged: () => true,
        tell: () => undefined,
        frameMax: FRAME_MAX,
        nowNs: () => 0,
      };
      const end = new TapEnd({ interface: link }, io, async () => of);
      expect(await end.open()).toBeUndefined();
      return { end, frames };
    };
    const now = await open(system);
    expect(now.end.takesLarge).toBe(true);
    expect(features()).toContain("tcp-segmentation-offload: on");
    await now.end.close();
    expect(features()).toContain("tcp-segmentation-offload: off");
    // Somebody else left it on.
    const left = await open({
      ...system,
      ioctl: (fd, request, argument) => (argument === 0 ? undefined : system.ioctl(fd, request, argument)),
    });
    await left.end.close();
    expect(features()).toContain("tcp-segmentation-offload: on");
    const { end, frames } = await open(older);
    expect(end.takesLarge).toBe(false);
    expect(features()).toContain("tcp-segmentation-offload: off");
    const space = new Namespace("p");
    spaces.push(space);
    space.take(link, MTU, "10.0.1.1/16");
    await space.run("ping", "-c", "1", "-W", "0.3", "10.0.1.2").catch(() => undefined);
    const isAsked = (frame: Uint8Array): boolean => frame.length === 42 && frame[12] === 8 && frame[13] === 6;
    await until("a question for the address came, with nothing before it", () => frames.some(isAsked));
    await end.close();
  },
);
