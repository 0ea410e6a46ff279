// Volumes and disks as the hypervisor takes them, what it can't change in place, and the size of an image
// that is there already.

import { statSync } from "node:fs";
import type { Attribute, Disruption, Resource, Value } from "../../lang/index.ts";
import type { FolderDeviceSpec, FolderSpec, VblkSpec, VolumeSpec } from "../../hypervisor/index.ts";
import { BugError, invariant } from "../bug.ts";
import type { Definition } from "../plan/definition.ts";
import type { Driver } from "./driver.ts";
import { isPlace } from "./place.ts";
import { isTrue, numberOf, optionalNumberOf, pathOf, refOf, valueOf, wordOf } from "./read.ts";

const SECTOR_BYTES = 512;

const common = { kind: "volume", replaceFrom: "recreate", answer: shrinking } as const;

/** Each grows where it stands; what it can't do in place, its marks say. */
export const volumeDrivers: readonly Driver[] = [
  { ...common, class: "memory" },
  { ...common, class: "file" },
  { ...common, class: "overlay" },
  { ...common, class: "nbd", answer: nbdAnswer },
  { ...common, class: "folder" },
];

export const vblkDriver: Driver = { kind: "device", class: "vblk", replaceFrom: "restart", same: isPlace };

/** Another export is another volume. */
function nbdAnswer(
  name: string,
  before: Attribute | undefined,
  after: Attribute | undefined,
): Disruption | undefined {
  return name === "url" ? "recreate" : shrinking(name, before, after);
}

/** What lies beyond the new end is out of reach. */
function shrinking(
  name: string,
  before: Attribute | undefined,
  after: Attribute | undefined,
): Disruption | undefined {
  if (name !== "size" || before?.value.is !== "quantity" || after?.value.is !== "quantity") return undefined;
  return after.value.value < before.value.value ? "data_loss" : undefined;
}

export function volumeSpec(volume: Resource): VolumeSpec | FolderSpec {
  const readonly = isTrue(volume, "readonly");
  switch (volume.class) {
    case "memory":
      return { class: "memory", size: numberOf(volume, "size"), readonly };
    case "file": {
      const path = pathOf(valueOf(volume, "path"));
      invariant(path !== undefined, `${volume.address} has no path`);
      return {
        class: "file",
        path,
        create: isTrue(volume, "create"),
        size: numberOf(volume, "size"),
        readonly,
      };
    }
    case "overlay": {
      const base = refOf(volume, "base");
      invariant(base !== undefined, `${volume.address} has no base`);
      const path = pathOf(valueOf(volume, "path"));
      const size = numberOf(volume, "size");
      return { class: "overlay", base, size, readonly, ...(path !== undefined && { path }) };
    }
    case "nbd": {
      const [url, size] = [wordOf(volume, "url"), numberOf(volume, "size")];
      return { class: "nbd", url, size, readonly };
    }
    case "folder": {
      const path = pathOf(valueOf(volume, "path"));
      invariant(path !== undefined, `${volume.address} has no path`);
      return { class: "folder", path, create: isTrue(volume, "create"), readonly };
    }
    default:
      throw new BugError(`no driver serves ${volume.address}`);
  }
}

/** A disk that a program finds as a folder; undefined for any other. */
export function folderSpec(device: Resource): FolderDeviceSpec | undefined {
  const volume = refOf(device, "volume");
  if (volume === undefined || valueOf(device, "folder").is === "none") return undefined;
  return { volume, at: wordOf(device, "folder"), readonly: isTrue(device, "readonly") };
}

export function vblkSpec(device: Resource): VblkSpec {
  const volume = refOf(device, "volume");
  invariant(volume !== undefined, `${device.address} has no volume`);
  const rate = optionalNumberOf(device, "rate");
  const iops = optionalNumberOf(device, "iops");
  return {
    volume,
    readonly: isTrue(device, "readonly"),
    queues: numberOf(device, "queues"),
    model: wordOf(device, "model") === "vbus" ? "vbus" : "virtio",
    ...(rate !== undefined && { rate }),
    ...(iops !== undefined && { iops }),
  };
}

/**
 * The volume that a thing of a definition keeps others from writing to: a disk that may write has it for
 * itself, and nobody writes to the base of an overlay.
 */
export function volumeHeld(
  address: string,
  { resources }: Pick<Definition, "resources">,
): string | undefined {
  const thing = resources.get(address);
  if (thing?.kind === "volume") return refOf(thing, "base");
  if (thing?.class !== "vblk") return undefined;
  const volume = refOf(thing, "volume");
  const held = volume === undefined ? undefined : resources.get(volume);
  return isTrue(thing, "readonly") || (held !== undefined && isTrue(held, "readonly")) ? undefined : volume;
}

/** A member of a volume that nobody wrote, or why it can't be known. */
export function fillVolume(
  className: string,
  member: string,
  attributes: (name: string) => Value | undefined,
): Value | { readonly problem: string } | undefined {
  // In the lab's own folder, which the hypervisor knows.
  if (className === "overlay" && member === "path") return { is: "none" };
  if (className !== "file" || member !== "size") return undefined;
  const path = pathOf(attributes("path"));
  if (path === undefined) return undefined;
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { problem: `${path} is not there, and a new file needs a size` };
  if (!stats.isFile()) return { problem: `${path} is not a file` };
  if (stats.size < SECTOR_BYTES) return { problem: `${path} has less than ${SECTOR_BYTES} bytes` };
  return { is: "quantity", dimension: "size", value: stats.size - (stats.size % SECTOR_BYTES) };
}
