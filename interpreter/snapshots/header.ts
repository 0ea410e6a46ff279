// What a snapshot says of itself, and how it differs from what is here. A file may say anything: each member
// is looked at, and nothing is believed that is not used.

import type { PcDevice, PcMachine } from "../../hypervisor/index.ts";

/** Counts up where a snapshot of before means something else. */
export const SNAPSHOT_FORMAT = 1;

export interface SnapshotDevice extends Omit<PcDevice, "volume"> {
  /** Of a disk: SHA-256 of all that it held, in hexadecimal. */
  readonly digest?: string;
}

export interface SnapshotHeader {
  readonly format: number;
  /** Versions of vbus, and of v86. */
  readonly vbus: string;
  readonly emulator: string;
  readonly name: string;
  /** Address of the guest that it was made of. */
  readonly guest: string;
  /** Wall clock, ISO 8601. */
  readonly made: string;
  readonly imageDigest: string;
  /** Bytes of RAM. */
  readonly memory: number;
  /** What it was asked for had been said by then. */
  readonly healthy: boolean;
  readonly devices: readonly SnapshotDevice[];
  /** Of what follows, compressed: its bytes, their SHA-256, its bytes unpacked, and where the parts end. */
  readonly body: {
    readonly bytes: number;
    readonly sha256: string;
    readonly raw: number;
    readonly parts: number;
  };
}

/** What there is where it is to go on; disks are compared later, when nobody writes. */
export type Here = Pick<SnapshotHeader, "vbus"> & PcMachine;

type Check = (value: unknown) => boolean;

const DEVICES_MAX = 255;
const isText: Check = (value) => typeof value === "string" && value.length <= 1024;
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isDigest: Check = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const record =
  (members: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(members).every(([name, check]) => check((value as Record<string, unknown>)[name]));

const isDevice = record({
  number: isCount,
  name: isText,
  class: (value) => value === "venet" || value === "vblk",
  model: isText,
  mtu: optional(isCount),
  size: optional(isCount),
  readonly: optional((value) => typeof value === "boolean"),
  digest: optional(isDigest),
});
const isHeader = record({
  format: isCount,
  vbus: isText,
  emulator: isText,
  name: isText,
  guest: isText,
  made: (value) => isText(value) && !Number.isNaN(Date.parse(value as string)),
  imageDigest: isDigest,
  memory: isCount,
  healthy: (value) => typeof value === "boolean",
  devices: (value) => Array.isArray(value) && value.length <= DEVICES_MAX && value.every(isDevice),
  body: record({ bytes: isCount, sha256: isDigest, raw: isCount, parts: isCount }),
});

/** Undefined where it is none. Of another format only that is known. */
export function readHeader(text: string): SnapshotHeader | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isHeader(value) ? (value as SnapshotHeader) : undefined;
  } catch {
    return undefined;
  }
}

/** All that keeps a snapshot from going on here, but what disks hold; none: nothing does. */
export function differences(snapshot: SnapshotHeader, here: Here): readonly string[] {
  const found: string[] = [];
  const same = (what: string, then: unknown, now: unknown): void => {
    if (then !== now) found.push(`${what} is ${plain(now)} here and ${plain(then)} there`);
  };
  same("the format of snapshots", snapshot.format, SNAPSHOT_FORMAT);
  same("the version of vbus", snapshot.vbus, here.vbus);
  same("the version of v86", snapshot.emulator, here.emulator);
  same("the image", snapshot.imageDigest.slice(0, 12), here.imageDigest.slice(0, 12));
  same("the memory", mebibytes(snapshot.memory), mebibytes(here.memory));
  const now = new Map(here.devices.map((device) => [device.name, device]));
  for (const then of snapshot.devices) {
    const device = now.get(then.name);
    now.delete(then.name);
    if (!device) found.push(`\`${then.name}\` is not here`);
    else
      for (const member of ["class", "model", "number", "mtu", "size", "readonly"] as const)
        same(`\`${member}\` of \`${then.name}\``, then[member], device[member]);
  }
  for (const name of now.keys()) found.push(`\`${name}\` is not there`);
  return found;
}

function plain(value: unknown): string {
  return value === undefined ? "nothing" : String(value);
}

function mebibytes(bytes: number): string {
  return `${bytes / 2 ** 20}MiB`;
}
