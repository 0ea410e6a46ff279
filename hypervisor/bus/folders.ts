// Volumes of class folder, and the devices by which programs have them, on the control thread. One device at
// most may write to a folder.

import { closeFolder, openFolder } from "../backend/folder.ts";
import type { PortSettings } from "../datapath/plugs.ts";
import type { DeviceSpec, FolderSpec, Id, Outcome, VolumeFacts } from "../hypervisor.ts";
import { FOLDER_NAME_MAX, MTU_MAX } from "../limits.ts";
import type { Fabric } from "../memory/fabric.ts";
import { addRequests, noRequests, type RequestSum } from "../metrics/facts.ts";
import type { Device } from "./bus.ts";
import type { DeviceClass } from "./device-class.ts";
import { refuse, success } from "./outcome.ts";

type Spec = Extract<DeviceSpec, { readonly class: "folder" }>;

interface Folder {
  spec: FolderSpec;
  readonly descriptor: number;
  readonly users: Map<Id, Device>;
  /** Of devices that are gone. */
  readonly past: RequestSum;
}

export class Folders implements DeviceClass<Spec> {
  readonly rings = ["none", "none"] as const;
  readonly fixed = ["volume", "at"];
  readonly sizes = [];
  readonly all = new Map<Id, Folder>();
  readonly #fabric: Fabric;
  /** A device whose folder has changed: its guest is to be told. */
  readonly #changed: (device: Device) => void;

  constructor(fabric: Fabric, changed: (device: Device) => void) {
    this.#fabric = fabric;
    this.#changed = changed;
  }

  create(id: Id, spec: FolderSpec): Outcome {
    const descriptor = openFolder(spec.path, spec.create);
    if (typeof descriptor === "string") return refuse("invalid", descriptor);
    const past = noRequests();
    this.all.set(id, { spec, descriptor, users: new Map(), past });
    return success();
  }

  /** Takes over `readonly`, while programs have it open. */
  set(id: Id, spec: FolderSpec): Outcome {
    const folder = this.all.get(id);
    if (!folder) return missing(id);
    if (spec.path !== folder.spec.path) return refuse("invalid", "a folder stays where it is");
    folder.spec = spec;
    for (const device of folder.users.values()) {
      this.#give(device, device.spec as Spec);
      this.#changed(device);
    }
    return success();
  }

  /** Refused (`busy`) while devices have it. What is in it stays. */
  remove(id: Id): Outcome {
    const folder = this.all.get(id);
    if (!folder) return missing(id);
    if (folder.users.size > 0) return refuse("busy", `volume \`${id}\` has devices`);
    closeFolder(folder.descriptor);
    this.all.delete(id);
    return success();
  }

  facts(id: Id): VolumeFacts | undefined {
    const folder = this.all.get(id);
    if (!folder) return undefined;
    const sum = { ...folder.past };
    for (const { port } of folder.users.values()) addRequests(sum, this.#fabric, port);
    // Nobody walks through a folder to say how much is in it.
    return { id, class: "folder", size: 0, readonly: folder.spec.readonly, ...sum };
  }

  allFacts(): readonly VolumeFacts[] {
    return [...this.all.keys()].map((id) => this.facts(id) as VolumeFacts);
  }

  close(): void {
    for (const { descriptor } of this.all.values()) closeFolder(descriptor);
    this.all.clear();
  }

  settings(): PortSettings {
    return { linkUp: true, mtu: MTU_MAX, rate: 0, vlan: 0 };
  }

  wrong({ folder: { at } }: Spec): Outcome | undefined {
    const bytes = Buffer.byteLength(at);
    if (bytes > 0 && bytes <= FOLDER_NAME_MAX && !at.includes("\0")) return undefined;
    return refuse("invalid", `a program finds a folder by a name of 1 to ${FOLDER_NAME_MAX} bytes`);
  }

  plug(device: Device, spec: Spec): Outcome {
    return this.#use(device, spec);
  }

  plugged(): void {
    // Who shares a folder with it is not told.
  }

  unplug(device: Device, { folder: { volume } }: Spec): void {
    const folder = this.all.get(volume);
    if (!folder) return;
    folder.users.delete(device.id);
    addRequests(folder.past, this.#fabric, device.port);
  }

  change(device: Device, _: Spec, after: Spec): Outcome {
    return this.#use(device, after);
  }

  #use(device: Device, spec: Spec): Outcome {
    const { volume, readonly } = spec.folder;
    const folder = this.all.get(volume);
    if (!folder) return missing(volume);
    const writes = ({ id, spec: other }: Device): boolean =>
      id !== device.id && !(other as Spec).folder.readonly;
    const writer = readonly || folder.spec.readonly ? undefined : [...folder.users.values()].find(writes);
    if (writer) return refuse("busy", `device \`${writer.id}\` writes to volume \`${volume}\` already`);
    folder.users.set(device.id, device);
    this.#give(device, spec);
    return success();
  }

  #give(device: Device, { folder: { volume, at, readonly } }: Spec): void {
    const { descriptor, spec } = this.all.get(volume) as Folder;
    device.folder = { fd: descriptor, at, readonly: readonly || spec.readonly };
  }
}

function missing(id: Id): Outcome {
  return refuse("missing", `there is no volume \`${id}\``);
}
