// What of a model is drawn: things that stand for themselves, and what joins them. Devices are the joints.

import { showValue, type Model, type Resource } from "../../lang/index.ts";

export interface DrawnThing {
  readonly address: string;
  readonly kind: string;
  readonly class?: string;
  /** A subnet, an image, a size: what tells it from others. */
  readonly about: string;
}

/** From what has a device, or refers, to what it is joined with. */
export interface Joint {
  readonly from: string;
  readonly to: string;
  /** The device's name in its bus or guest, or the attribute that refers. */
  readonly name: string;
  /** An IP address, `reads`. */
  readonly about: string;
}

export interface Joined {
  readonly lab: string;
  readonly things: readonly DrawnThing[];
  readonly joints: readonly Joint[];
}

const DRAWN = new Set(["network", "guest", "bus", "channel", "volume", "uplink"]);

/** By which attributes a thing is joined to others. */
const JOINING = ["network", "channel", "volume", "base", "links"] as const;

export function joinedOf(model: Model): Joined {
  const byAddress = new Map(model.resources.map((resource) => [resource.address, resource]));
  const holderOf = (device: Resource): string => {
    const bus = byAddress.get(device.bus ?? "");
    return bus && isPrivate(bus) ? ownerOf(bus) : (device.bus ?? "");
  };
  const things: DrawnThing[] = [];
  const joints: Joint[] = [];
  for (const resource of model.resources) {
    const { address, kind } = resource;
    if (DRAWN.has(kind) && !(kind === "bus" && isPrivate(resource))) things.push(drawn(resource));
    const from = kind === "device" ? holderOf(resource) : address;
    for (const name of JOINING) {
      for (const to of refsOf(resource, name))
        joints.push({
          from,
          to,
          name: kind === "device" ? nameIn(resource, from) : name,
          about: aboutJoint(resource),
        });
    }
    const [bus] = kind === "guest" ? refsOf(resource, "bus") : [];
    if (bus !== undefined && resource.attributes["bus"]?.origin === "set")
      joints.push({ from: address, to: bus, name: "bus", about: "" });
  }
  return { lab: model.lab, things, joints };
}

/** A bus of a guest of its own is no place: the guest is. */
const isPrivate = (bus: Resource): boolean => bus.name === "bus" && bus.address.endsWith(".bus");
const ownerOf = (bus: Resource): string => bus.address.slice(0, -".bus".length);
const nameIn = (device: Resource, holder: string): string =>
  device.address.startsWith(`${holder}.`) ? device.address.slice(holder.length + 1) : device.name;

function drawn(resource: Resource): DrawnThing {
  const { address, kind } = resource;
  const about =
    kind === "network"
      ? textIn(resource, "subnet")
      : kind === "guest"
        ? (refsOf(resource, "image")[0] ?? "")
        : "";
  return { address, kind, ...(resource.class !== undefined && { class: resource.class }), about };
}

function aboutJoint(resource: Resource): string {
  if (resource.kind !== "device") return "";
  const readonly = resource.attributes["readonly"]?.value;
  return resource.class === "vblk" && readonly?.is === "bool" && readonly.value
    ? "reads"
    : textIn(resource, "ip");
}

function textIn(resource: Resource, name: string): string {
  const value = resource.attributes[name]?.value;
  return value?.is === "ip" || value?.is === "cidr" ? showValue(value) : "";
}

function refsOf(resource: Resource, name: string): readonly string[] {
  const value = resource.attributes[name]?.value;
  if (value?.is === "ref") return [value.address];
  if (value?.is !== "list") return [];
  return value.items.flatMap((item) => (item.is === "ref" ? [item.address] : []));
}
