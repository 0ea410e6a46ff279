// Volumes of class nbd against a server of Debian's: requests, an overlay on top, several disks at once, a
// server that goes away, and guests that are ended while they wait for it.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  closeSync,
  openSync,
  writeSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { readNbdUrl } from "./backend/volume/nbd-client.ts";
import { DATA, DiskGuest, REQUEST_OP, disk } from "./disks.test-support.ts";
import type { VolumeSpec } from "./hypervisor.ts";
import { TestLab, must, until } from "./machine-room.test-support.ts";
import { EIO } from "./ring/abi.ts";

const LIMIT = { timeout: 120_000 };
const MIB = 1024 * 1024;
const { read, write, flush, discard } = REQUEST_OP;
const folder = mkdtempSync(path.join(tmpdir(), "vbus-nbd-"));
const image = path.join(folder, "export.img");
const HAS_NBDKIT = spawnSync("nbdkit", ["--version"]).error === undefined;
if (!HAS_NBDKIT) console.log("Without nbdkit nothing is said here of the class nbd but how URLs are read.");

let lab: TestLab;
let server: ChildProcess | undefined;
let sockets = 0;

beforeEach(() => {
  lab = new TestLab();
  must(lab.hv.createBus("bus"));
});
afterEach(async () => {
  await lab.close();
  server?.kill("SIGKILL");
  server = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts a server and answers the URL of its export. */
async function serve(...args: readonly string[]): Promise<string> {
  const socket = path.join(folder, `${++sockets}.sock`);
  writeFileSync(image, new Uint8Array(4 * MIB).fill(5));
  server = spawn("nbdkit", ["-f", "--unix", socket, ...args], { stdio: "ignore" });
  await until("nbdkit listens", () => existsSync(socket), 30_000);
  return `nbd+unix:///?socket=${socket}`;
}

const nbd = (url: string): VolumeSpec => ({ class: "nbd", url, size: 4 * MIB, readonly: false });

test("URLs are read as qemu's and libnbd's are", () => {
  expect(readNbdUrl("nbd://10.0.0.1")).toEqual({ host: "10.0.0.1", port: 10_809, name: "" });
  expect(readNbdUrl("nbd://[::1]:99/disk%201")).toEqual({ host: "::1", port: 99, name: "disk 1" });
  expect(readNbdUrl("nbd+unix:///e?socket=/run/n")).toEqual({ path: "/run/n", name: "e" });
  for (const bad of ["", "disk", "http://a/b", "nbd+unix:///e", "nbd:///e"])
    expect(readNbdUrl(bad)).toBeUndefined();
});

const testWithServer = HAS_NBDKIT ? test : (): void => undefined;

testWithServer("requests reach the server, and its file", LIMIT, async () => {
  const url = await serve("file", image);
  must(await lab.hv.createVolume("far", nbd(url)));
  must(lab.hv.addDevice("bus", "vda", disk("vda", "far")));
  const guest = await DiskGuest.boot(lab, "a", "bus");
  expect(await guest.open(1)).toBe(0);
  expect(await guest.request({ op: read, offset: MIB, length: 64 * 1024 })).toBe(0);
  expect(guest.u8.subarray(DATA, DATA + 64 * 1024).every((byte) => byte === 5)).toBe(true);
  guest.u8.fill(9, DATA, DATA + 4096);
  expect(await guest.request({ op: write, offset: 4096, length: 4096 })).toBe(0);
  expect(await guest.request({ op: flush })).toBe(0);
  expect(await guest.request({ op: discard, offset: MIB, length: 4096 })).toBe(0);
  const bytes = readFileSync(image);
  expect([...new Set(bytes.subarray(4096, 8192))]).toEqual([9]);
  expect(bytes[8192]).toBe(5);
  expect(lab.hv.volume("far")).toMatchObject({ reads: 1, writes: 1, flushes: 1 });
});

testWithServer(
  "an overlay on it keeps what differs here, and guests wait beside one another",
  LIMIT,
  async () => {
    const url = await serve("--filter=delay", "file", image, "rdelay=50ms");
    must(await lab.hv.createVolume("far", { ...nbd(url), readonly: true }));
    for (const n of [1, 2]) {
      const file = path.join(folder, `top${n}`);
      must(
        await lab.hv.createVolume(`top${n}`, { class: "overlay", base: "far", path: file, readonly: false }),
      );
      must(lab.hv.addDevice("bus", `d${n}`, disk(`d${n}`, `top${n}`)));
    }
    const guests = [await DiskGuest.boot(lab, "a", "bus"), await DiskGuest.boot(lab, "b", "bus")];
    await Promise.all(guests.map((guest, index) => guest.open(index + 1)));
    const all = guests.map(async (guest, index) => {
      guest.u8.fill(index, DATA, DATA + 512);
      expect(await guest.request({ op: write, offset: 512, length: 512 })).toBe(0);
      expect(await guest.request({ op: read, offset: 0, length: 1024 })).toBe(0);
      expect([...new Set(guest.u8.subarray(DATA, DATA + 1024))]).toEqual([5, index]);
    });
    await Promise.all(all);
    expect(readFileSync(image).every((byte) => byte === 5)).toBe(true);
  },
);

testWithServer("a guest that is ended while it waits leaves the disk to the next one", LIMIT, async () => {
  const url = await serve("--filter=delay", "file", image, "rdelay=1500ms");
  must(await lab.hv.createVolume("far", nbd(url)));
  must(lab.hv.addDevice("bus", "vda", disk("vda", "far")));
  const first = await DiskGuest.boot(lab, "a", "bus");
  await first.open(1);
  first.post({ op: read, length: 4096 });
  first.begin({ verb: "signal", args: [0] });
  await until("the server has been asked", () => lab.hv.device("vda")?.kicks === 1);
  await lab.hv.killGuest("a");
  const file = openSync(image, "r+");
  writeSync(file, new Uint8Array(4096).fill(6), 0, 4096, MIB);
  closeSync(file);
  const next = await DiskGuest.boot(lab, "b", "bus");
  expect(await next.open(1)).toBe(0);
  // Not the answer to the other's request.
  expect(await next.request({ op: read, offset: MIB, length: 4096 })).toBe(0);
  expect(next.u8[DATA]).toBe(6);
});

testWithServer("a server that goes away fails requests, and nothing else", LIMIT, async () => {
  const url = await serve("file", image);
  must(await lab.hv.createVolume("far", nbd(url)));
  must(lab.hv.addDevice("bus", "vda", disk("vda", "far")));
  const guest = await DiskGuest.boot(lab, "a", "bus");
  await guest.open(1);
  expect(await guest.request({ op: read, length: 512 })).toBe(0);
  server?.kill("SIGKILL");
  let status = 0;
  // Bound: until the system has told of the connection's end.
  while (status === 0) status = await guest.request({ op: read, length: 512 });
  expect(status).toBe(EIO);
  expect(guest.facts.state).toBe("running");
});

testWithServer("what can't be opened is refused, with the reason", LIMIT, async () => {
  const { hv } = lab;
  const nobody = await hv.createVolume("far", nbd(`nbd+unix:///?socket=${folder}/nobody`));
  expect(nobody).toMatchObject({ refusal: { message: expect.stringContaining("can't be opened") } });
  const url = await serve("-r", "file", image);
  expect(await hv.createVolume("far", nbd(url))).toMatchObject({
    refusal: { message: expect.stringContaining("say `readonly = true`") },
  });
  const larger = await hv.createVolume("far", { ...nbd(url), size: 8 * MIB, readonly: true });
  expect(larger).toMatchObject({ refusal: { message: expect.stringContaining("less than") } });
  must(await hv.createVolume("far", { ...nbd(url), readonly: true }));
});
