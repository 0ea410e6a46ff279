// Snapshots as files: what keeps one from going on, that a file is what was written, and how many there are.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { NoSnapshot, packSnapshot, readHead, readMachine } from "./envelope.ts";
import { differences, type Here, type SnapshotHeader } from "./header.ts";
import { SNAPSHOT_BODY_MAX, SNAPSHOT_HEADER_MAX, SNAPSHOT_NAME_MAX, SNAPSHOTS_MAX } from "./limits.ts";
import { Shelf } from "./shelf.ts";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), "vbus-snapshots-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const DIGEST = "ab".repeat(32);
const HEADER = {
  format: 1,
  vbus: "0.1.0",
  emulator: "0.5.1",
  name: "ready",
  guest: "pc",
  made: "2026-11-27T12:00:00.000Z",
  imageDigest: DIGEST,
  memory: 96 * 2 ** 20,
  healthy: true,
  devices: [
    { number: 1, name: "eth0", class: "venet", model: "virtio", mtu: 1500 },
    { number: 2, name: "disk", class: "vblk", model: "vbus", size: 512, readonly: false, digest: DIGEST },
  ],
} as const;
const MACHINE = { parts: '{"slots":["ü"]}', state: new Uint8Array(100_000).fill(7).buffer };

/** A file with a snapshot; `change` spoils it. */
async function written(change: (bytes: Buffer) => Buffer = (bytes) => bytes): Promise<string> {
  const file = path.join(folder, "x.snapshot");
  writeFileSync(file, change(Buffer.concat(await packSnapshot(HEADER, MACHINE))));
  return file;
}

const machineOf = async (file: string) => readMachine(file, await readHead(file));

/** With another header in front of the same machine. */
const withHeader =
  (change: (header: SnapshotHeader) => object) =>
  (bytes: Buffer): Buffer => {
    const at = 18 + bytes.readUInt32LE(14);
    const text = Buffer.from(
      JSON.stringify(change(JSON.parse(bytes.toString("utf8", 18, at)) as SnapshotHeader)),
    );
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    return Buffer.concat([bytes.subarray(0, 14), length, text, bytes.subarray(at)]);
  };

test("all that differs is named, and nothing else keeps it", () => {
  const { devices, ...same } = { ...HEADER, body: { bytes: 0, sha256: DIGEST, raw: 0, parts: 0 } };
  const [eth0, disk] = devices;
  const here: Here = { ...HEADER, devices: [eth0, { ...disk, volume: "other" }] };
  const found = (there: Partial<SnapshotHeader>, now: Partial<Here> = {}): readonly string[] =>
    differences({ ...same, devices, ...there }, { ...here, ...now });
  expect(found({})).toEqual([]);
  expect(found({ format: 2, vbus: "0.2.0", emulator: "0.4.0" })).toEqual([
    "the format of snapshots is 1 here and 2 there",
    "the version of vbus is 0.1.0 here and 0.2.0 there",
    "the version of v86 is 0.5.1 here and 0.4.0 there",
  ]);
  expect(found({ imageDigest: "cd".repeat(32), memory: 2 ** 27 })).toEqual([
    "the image is abababababab here and cdcdcdcdcdcd there",
    "the memory is 96MiB here and 128MiB there",
  ]);
  const others = [
    { ...eth0, number: 3, mtu: 9000 },
    { ...disk, name: "data", size: 1024 },
  ] as const;
  expect(found({}, { devices: others })).toEqual([
    "`number` of `eth0` is 3 here and 1 there",
    "`mtu` of `eth0` is 9000 here and 1500 there",
    "`disk` is not here",
    "`data` is not there",
  ]);
  expect(found({}, { devices: [eth0, { ...disk, model: "virtio", size: 1024, readonly: true }] })).toEqual([
    "`model` of `disk` is virtio here and vbus there",
    "`size` of `disk` is 1024 here and 512 there",
    "`readonly` of `disk` is true here and false there",
  ]);
});

test("a file gives what was put into it", async () => {
  const file = await written();
  expect((await readHead(file)).header).toMatchObject(HEADER);
  const { parts, state } = await machineOf(file);
  expect([parts, Buffer.from(state).equals(Buffer.from(MACHINE.state))]).toEqual([MACHINE.parts, true]);
});

test.each<[string, (bytes: Buffer) => Buffer, string]>([
  ["nothing", () => Buffer.alloc(0), "is no snapshot"],
  ["another word", (bytes) => bytes.fill(1, 0, 1), "is no snapshot"],
  ["a header that goes on", (bytes) => bytes.fill(0xff, 14, 18), "has no header"],
  ["a header that is none", withHeader(() => ({})), "has no header"],
  [
    "a header of more",
    withHeader((header) => ({ ...header, more: "x".repeat(SNAPSHOT_HEADER_MAX) })),
    "no header",
  ],
  [
    "a device of no class",
    withHeader((header) => ({ ...header, devices: [{ name: "x" }] })),
    "has no header",
  ],
  [
    "a machine of more than any",
    withHeader((header) => ({ ...header, body: { ...header.body, raw: SNAPSHOT_BODY_MAX + 1 } })),
    "larger than any",
  ],
  ["less", (bytes) => bytes.subarray(0, -1), "another length"],
  ["more", (bytes) => Buffer.concat([bytes, Buffer.of(0)]), "another length"],
  [
    "another byte",
    (bytes) => bytes.fill((bytes.at(-1) as number) ^ 1, bytes.length - 1),
    "is not what was written",
  ],
  [
    "a machine that unpacks to more than it says",
    withHeader((header) => ({ ...header, body: { ...header.body, raw: 50_000 } })),
    "can't be unpacked",
  ],
])("a file with %s is refused", async (_, change, words) => {
  const file = await written(change);
  await expect(machineOf(file)).rejects.toThrow(NoSnapshot);
  await expect(machineOf(file)).rejects.toThrow(words);
});

test("they are kept whole and for their owner, under names, as many as may be", async () => {
  const shelf = new Shelf(folder);
  const pieces = await packSnapshot(HEADER, MACHINE);
  expect(await shelf.list()).toEqual([]);
  await expect(shelf.read("one", readHead)).rejects.toThrow("has no snapshot `one`");
  const bytes = await shelf.add("one", pieces);
  const file = shelf.fileOf("one");
  expect([statSync(file).size, statSync(file).mode & 0o777]).toEqual([bytes, 0o600]);
  expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
  expect(readFileSync(file).equals(Buffer.concat(pieces))).toBe(true);
  await expect(shelf.add("one", pieces)).rejects.toThrow("There is a snapshot `one` already");
  // What a process that was killed has left is in nobody's way, and is no snapshot.
  writeFileSync(`${shelf.fileOf("two")}.new`, "half");
  writeFileSync(shelf.fileOf("three"), "nonsense");
  expect(await shelf.list()).toMatchObject([{ name: "one", guest: "pc", bytes, memory: HEADER.memory }]);
  await shelf.add("two", pieces);
  for (let count = 3; count < SNAPSHOTS_MAX; count++) await shelf.add(`more${count}`, pieces);
  await expect(shelf.add("last", pieces)).rejects.toThrow(`${SNAPSHOTS_MAX} snapshots`);
  await shelf.remove("three");
  await expect(shelf.remove("three")).rejects.toThrow("has no snapshot `three`");
  await shelf.add("last", pieces);
  expect(readdirSync(path.dirname(file)).filter((name) => name.endsWith(".new"))).toEqual([]);
});

test("a name stays in its folder", () => {
  const shelf = new Shelf(folder);
  for (const name of ["", ".", "..", "../x", "a/b", ".x", "-x", "ä", "x".repeat(SNAPSHOT_NAME_MAX + 1)])
    expect(() => shelf.fileOf(name), name).toThrow("is no name for a snapshot");
  for (const name of ["a", "A-1.b_2", "x".repeat(SNAPSHOT_NAME_MAX)])
    expect(path.dirname(shelf.fileOf(name))).toBe(path.join(folder, "snapshots"));
});
