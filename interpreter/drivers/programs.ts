// WASI programs reach the devices of their bus by drivers in the host: a console for their streams, and
// folders. What such a guest can't use, and a folder that somebody else is to have, is refused.

import type { Diagnostic, Model, Resource } from "../../lang/index.ts";
import type { Grouped } from "./grouped.ts";
import { imageOf, usedDevices } from "./guest.ts";
import { refOf, valueOf } from "./read.ts";

/** What folders don't have of a disk. */
const DISK_ONLY = ["rate", "iops", "queues"];

/** One error for each device that the guests of its bus can't use as it is declared. */
export function misplaced(model: Model, grouped: Grouped): readonly Diagnostic[] {
  let things: ReadonlyMap<string, Resource> | undefined;
  const classOf = (address: string | undefined): string | undefined => {
    things ??= new Map(model.resources.map((resource) => [resource.address, resource]));
    return things.get(address ?? "")?.class;
  };
  const found: Diagnostic[] = [];
  const disks = grouped.of("device", "vblk");
  for (const disk of disks) found.push(...wrongDisk(disk, classOf(refOf(disk, "volume"))));
  for (const overlay of grouped.of("volume", "overlay")) {
    const base = overlay.attributes["base"];
    if (base && classOf(refOf(overlay, "base")) === "folder")
      found.push(
        refusal(base.span, `A folder has no sectors: ${overlay.address} can't have it as its base.`),
      );
  }
  // Most labs have neither, and thousands of guests.
  if (grouped.of("image", "wasi").length === 0 && !disks.some(isFolder)) return found;
  const devices = model.resources.filter(({ kind }) => kind === "device");
  const onBus = Map.groupBy(devices, ({ bus }) => bus);
  for (const guest of grouped.of("guest")) {
    const isProgram = classOf(imageOf(guest)) === "wasi";
    const used = usedDevices(guest);
    for (const device of onBus.get(refOf(guest, "bus")) ?? []) {
      if (used !== undefined && !used.includes(device.address)) continue;
      if (device.class === "vconsole" || isFolder(device) === isProgram) continue;
      found.push(refusal(device.span, isProgram ? noDriver(device, guest) : noProgram(device, guest)));
    }
  }
  return found;
}

function wrongDisk(device: Resource, volume: string | undefined): readonly Diagnostic[] {
  const { folder } = device.attributes;
  if (volume === "folder" && !isFolder(device))
    return [
      refusal(
        device.span,
        `The volume of ${device.address} is a folder: say where its program finds it.`,
        'Say `folder = "/data"`, for example.',
      ),
    ];
  if (!isFolder(device)) return [];
  if (volume !== "folder" && folder)
    return [refusal(folder.span, `${device.address} has sectors, and no program finds these as a folder.`)];
  return DISK_ONLY.flatMap((name) => {
    const attribute = device.attributes[name];
    if (attribute?.origin !== "set") return [];
    return [refusal(attribute.span, `No driver serves \`${name}\` of ${device.address}, which is a folder.`)];
  });
}

function isFolder(device: Resource): boolean {
  return device.class === "vblk" && valueOf(device, "folder").is !== "none";
}

function noDriver({ address }: Resource, guest: Resource): string {
  return `No driver serves ${address} in ${guest.address}, a WASI program: it has a console and folders.`;
}

function noProgram({ address }: Resource, guest: Resource): string {
  return `${address} is a folder, which only WASI programs can have: ${guest.address} is none.`;
}

function refusal(span: Resource["span"], message: string, hint?: string): Diagnostic {
  return { code: "VB2022", severity: "error", span, message, ...(hint !== undefined && { hint }) };
}
