// The classes of devices on the guest's thread: by number, what a guest that opens one talks to.

import { CLASS_NUMBER, ENODEV, FOLDER_NUMBER } from "../ring/abi.ts";
import type { Connection, ConnectionParts, DeviceNotice } from "./connection.ts";
import { FolderConnection } from "./folder-connection.ts";
import { openPort } from "./ring-device.ts";
import { VblkConnection } from "./vblk/connection.ts";
import { VchanConnection } from "./vchan/connection.ts";
import { VclockConnection } from "./vclock/connection.ts";
import { VconsoleConnection } from "./vconsole/connection.ts";
import { VenetConnection } from "./venet/connection.ts";
import { VrngConnection } from "./vrng/connection.ts";

type Make = (device: DeviceNotice, parts: ConnectionParts) => Connection;

const MAKE: ReadonlyMap<number, Make> = new Map<number, Make>([
  [CLASS_NUMBER.venet, (device, parts) => new VenetConnection(device, parts)],
  [CLASS_NUMBER.vconsole, (device, parts) => new VconsoleConnection(device, parts)],
  [FOLDER_NUMBER, (device, parts) => new FolderConnection(device, parts)],
  [CLASS_NUMBER.vblk, (device, parts) => new VblkConnection(device, parts)],
  [CLASS_NUMBER.vchan, (device, parts) => new VchanConnection(device, parts)],
  [CLASS_NUMBER.vclock, (device, parts) => new VclockConnection(device, parts)],
  [CLASS_NUMBER.vrng, (device, parts) => new VrngConnection(device, parts)],
]);

/** Opens a device; an errno value says why not. The guest's thread. */
export function openDevice(device: DeviceNotice, parts: ConnectionParts): Connection | number {
  const make = MAKE.get(device.class);
  if (!make) return ENODEV;
  const refused = openPort(device, parts);
  return refused === 0 ? make(device, parts) : refused;
}
