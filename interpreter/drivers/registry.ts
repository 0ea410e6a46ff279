// The drivers that are there today, and what they tell the language: which classes are served, and facts of
// images.

import type { Drivers, Value } from "../../lang/index.ts";
import { channelDriver, vchanDriver, vclockDriver, vrngDriver } from "./channel.ts";
import { vconsoleDriver } from "./device-spec.ts";
import { networkDriver, venetDriver } from "./ethernet.ts";
import type { Driver } from "./driver.ts";
import { guestDriver } from "./guest.ts";
import type { ImageFiles } from "./image-files.ts";
import { pathOf } from "./read.ts";
import { uplinkDrivers } from "./uplink.ts";
import { fillVolume, vblkDriver, volumeDrivers } from "./volume.ts";

const imageDriver: Driver = { kind: "image", class: "wasm", replaceFrom: "restart", answer: contentOf };
/** A device that is plugged in is the device's own step. */
const busDriver: Driver = { kind: "bus", replaceFrom: "recreate", same: (name) => name === "devices" };
const plain: readonly Driver[] = [{ kind: "lab" }, busDriver];

const ALL: readonly Driver[] = [
  ...plain,
  networkDriver,
  ...uplinkDrivers,
  venetDriver,
  vconsoleDriver,
  ...volumeDrivers,
  vblkDriver,
  channelDriver,
  vchanDriver,
  vclockDriver,
  vrngDriver,
  imageDriver,
  guestDriver,
];

/** The driver of a kind and class; undefined where there is none yet. */
export function driverOf(kind: string, className: string | undefined): Driver | undefined {
  return ALL.find((driver) => driver.kind === kind && driver.class === className);
}

function contentOf(name: string): "restart" | undefined {
  return name === "digest" ? "restart" : undefined;
}

/** RAM of a guest whose image doesn't need more. */
const MEMORY_DEFAULT = 1 << 20;

/** The drivers as the language asks for them. */
export function languageDrivers(images: ImageFiles): Drivers {
  return {
    has: (kind, className) => driverOf(kind, className === "" ? undefined : className) !== undefined,
    fill(kind, className, member, attributes) {
      if (kind === "volume") return fillVolume(className, member, attributes);
      if (kind !== "image" || className !== "wasm") return undefined;
      if (member !== "memory" && member !== "digest") return undefined;
      return fillImage(images, member, attributes);
    },
  };
}

function fillImage(
  images: ImageFiles,
  member: "memory" | "digest",
  attributes: (name: string) => Value | undefined,
): Value | { readonly problem: string } | undefined {
  const path = pathOf(attributes("path"));
  if (path === undefined) return undefined;
  const image = images.look(path);
  if ("problem" in image) return image;
  if (member === "memory") {
    return { is: "quantity", dimension: "size", value: Math.max(image.memoryMin, MEMORY_DEFAULT) };
  }
  const wanted = attributes("sha256");
  if (wanted?.is === "string" && wanted.value !== image.digest) {
    return { problem: `its content has the hash ${image.digest}, not the one that \`sha256\` says` };
  }
  return { is: "string", value: image.digest };
}
