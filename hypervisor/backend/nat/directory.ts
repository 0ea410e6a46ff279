// What is known of the network's stations by name, device and address: the plan's IPv4, and the IPv6
// addresses that planned stations were heard with.

import { macText } from "../../datapath/mac-text.ts";
import type { Ip6 } from "./ip6.ts";
import { isInside, type Plan } from "./plan.ts";
import type { PublishedTo } from "./udp-flows.ts";
import type { Address } from "./wire.ts";
import { macOfDigits } from "./wire6.ts";

export class Directory {
  readonly #plan: () => Plan;
  readonly #ip6: () => Ip6 | undefined;

  constructor(plan: () => Plan, ip6: () => Ip6 | undefined) {
    this.#plan = plan;
    this.#ip6 = ip6;
  }

  /** Of both families; undefined where no station has the name. */
  addressesOf(name: string): readonly Address[] | undefined {
    return this.#plan()
      .byName.get(name)
      ?.flatMap((address) => [address, ...this.#ip6Of(address)]);
  }

  nameOf(address: Address): string | undefined {
    const { nameOf, byMac } = this.#plan();
    if (typeof address === "number") return nameOf.get(address);
    return byMac.get(this.#ip6()?.ownerOf(address) ?? "")?.name;
  }

  /** Whether an address is one of the network's, known or not. */
  isOwn(address: Address): boolean {
    return typeof address === "number"
      ? isInside(this.#plan(), address)
      : this.#ip6()?.isInside(address) === true;
  }

  /** Where a device is reached now, and by what its connections are counted. */
  placeOf(device: string, isIp6: boolean): Omit<PublishedTo, "port"> | undefined {
    const share = this.#plan().byDevice.get(device);
    if (share === undefined || !isIp6) return share === undefined ? undefined : { guest: share, share };
    const known = this.#ip6Of(share);
    // The one of its MAC address stays; others may be of the kind that is changed every day.
    const guest = known.find((address) => macOfDigits(address) !== undefined) ?? known[0];
    return guest === undefined ? undefined : { guest, share };
  }

  #ip6Of(address: number): readonly string[] {
    const mac = this.#plan().byIp.get(address);
    return (mac && this.#ip6()?.addressesOf(macText(mac))) ?? [];
  }
}
