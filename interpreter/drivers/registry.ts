// The drivers that are there today, and what they tell the language: which classes are served, and facts of
// images.

import type { Drivers } from "../../lang/index.ts";
import { channelDriver, vchanDriver, vclockDriver, vrngDriver } from "./channel.ts";
import { vconsoleDriver } from "./device-spec.ts";
import { networkDriver, venetDriver } from "./ethernet.ts";
import type { Driver } from "./driver.ts";
import { guestDriver } from "./guest.ts";
import { fillImage, imageClass, imageDrivers } from "./image.ts";
import type { ImageFiles } from "./image-files.ts";
import { uplinkDrivers } from "./uplink.ts";
import { fillVolume, vblkDriver, volumeDrivers } from "./volume.ts";

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
  ...imageDrivers,
  guestDriver,
];

/** By kind, then class: every resource of a lab is asked for its driver, more than once. */
const DRIVERS: ReadonlyMap<string, ReadonlyMap<string | undefined, Driver>> = new Map(
  [...Map.groupBy(ALL, ({ kind }) => kind)].map(([kind, drivers]) => [
    kind,
    new Map(drivers.map((driver) => [driver.class, driver])),
  ]),
);

/** The driver of a kind and class; undefined where there is none yet. */
export function driverOf(kind: string, className: string | undefined): Driver | undefined {
  return DRIVERS.get(kind)?.get(className);
}

/** The drivers as the language asks for them. */
export function languageDrivers(images: ImageFiles): Drivers {
  return {
    has: (kind, className) => driverOf(kind, className === "" ? undefined : className) !== undefined,
    fill(kind, className, member, attributes) {
      if (kind === "volume") return fillVolume(className, member, attributes);
      const class_ = kind === "image" ? imageClass(className) : undefined;
      if (class_ === undefined || (member !== "memory" && member !== "digest")) return undefined;
      return fillImage(images, class_, member, attributes);
    },
  };
}
