// What a gateway knows of the devices on its segment.

import type { Station } from "../backend/nat/spec.ts";
import type { Device } from "./bus.ts";

/** Nothing of a device without an address. */
export function stationOf({ id, spec }: Device): readonly Station[] {
  if (spec.class !== "venet") return [];
  const { ip, mac, names = [] } = spec.venet;
  return [{ id, names: [...names, id].map(hostName), ip, mac }];
}

/** A name as DNS has them: `office.eth[1]` is `office.eth-1`. */
function hostName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9.-]+/g, "-").replaceAll(/-(?=\.|$)/g, "");
}
