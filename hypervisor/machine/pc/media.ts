// What a PC of class `pc` boots: whether an image of a disk, a CD or a floppy disk can be booted at all.

import type { PcFiles, PcMedia } from "../../images.ts";
import { PC_MEDIUM_BYTES_MAX } from "../../limits.ts";

export const MEDIA = ["floppy", "cd", "disk"] as const;
export type Medium = (typeof MEDIA)[number];

const SECTOR = 512;
/** What the last two bytes of a first sector are that a BIOS goes into. */
const BOOTS = { at: 510, bytes: [0x55, 0xaa] } as const;
/** Spec: ECMA-119, 8.1, and El Torito 1.0, 2: descriptors, and the catalog that one of them names. */
const CD = {
  block: 2048,
  volume: 16,
  boot: 17,
  name: "CD001",
  system: "EL TORITO SPECIFICATION",
  systemAt: 7,
  catalogAt: 0x47,
  keyAt: 0x1e,
  entryAt: 0x20,
  bootable: 0x88,
} as const;
/** Bytes of floppy disks that there were, 360 KiB to 2.88 MiB. */
const FLOPPIES: readonly number[] = [360, 720, 1200, 1440, 2880].map((kib) => kib * 1024);

/** Why no PC can boot from these bytes: the end of a sentence that begins with the file's name. */
export function wrongMedium(medium: Medium, bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return "is empty";
  if (bytes.length > PC_MEDIUM_BYTES_MAX) return tooLargeMedium(medium);
  if (bytes.length % SECTOR !== 0)
    return `has ${bytes.length} bytes, which is no multiple of ${SECTOR}: it is cut off, or no image`;
  if (medium === "cd") return wrongCd(bytes);
  if (medium === "floppy" && !FLOPPIES.includes(bytes.length))
    return `has ${bytes.length} bytes, which no floppy disk has: they are ${FLOPPIES.join(", ")}`;
  const boots = BOOTS.bytes.every((byte, index) => bytes[BOOTS.at + index] === byte);
  return boots ? undefined : "has no boot sector: its first sector does not end with 55 AA";
}

/** The same of one with more than PC_MEDIUM_BYTES_MAX bytes. */
export function tooLargeMedium(medium: Medium): string {
  const most = `is larger than ${PC_MEDIUM_BYTES_MAX / 2 ** 20}MiB`;
  return medium === "disk" ? `${most}: a \`vblk\` with a volume of class \`file\` has no such bound` : most;
}

function wrongCd(bytes: Uint8Array): string | undefined {
  const block = (index: number): Buffer =>
    Buffer.from(bytes.subarray(index * CD.block, (index + 1) * CD.block));
  if (bytes.length % CD.block !== 0)
    return `has ${bytes.length} bytes, which is no multiple of ${CD.block}: it is cut off, or no CD image`;
  if (block(CD.volume).toString("latin1", 1, 1 + CD.name.length) !== CD.name)
    return "is no CD image (ISO 9660): there is no volume descriptor in sector 16";
  const record = block(CD.boot);
  const system = record.toString("latin1", CD.systemAt, CD.systemAt + CD.system.length);
  if (record[0] !== 0 || record.toString("latin1", 1, 1 + CD.name.length) !== CD.name || system !== CD.system)
    return "is a CD image that does not boot: there is no boot record (El Torito) in sector 17";
  const catalog = block(record.readUInt32LE(CD.catalogAt));
  const sound =
    catalog[0] === 1 && catalog[CD.keyAt] === BOOTS.bytes[0] && catalog[CD.keyAt + 1] === BOOTS.bytes[1];
  if (!sound) return "is a CD image that does not boot: its boot record names no boot catalog";
  return catalog[CD.entryAt] === CD.bootable
    ? undefined
    : "is a CD image that does not boot: its boot catalog has nothing for a BIOS";
}

/** The same of all that a PC is given: a sentence. */
export function wrongMedia(media: PcMedia): string | undefined {
  for (const medium of MEDIA) {
    const bytes = media[medium];
    const wrong = bytes && wrongMedium(medium, bytes);
    if (wrong !== undefined) return `the ${medium} ${wrong}`;
  }
  return undefined;
}

/** Of what parts a digest is made, in order; none of a kernel's PC, whose digests are older. */
export function mediaParts({ media }: PcFiles): readonly Uint8Array[] {
  if (!media) return [];
  return [...MEDIA.map((medium) => media[medium] ?? new Uint8Array()), Buffer.from(media.console)];
}
