// An uplink that is a gateway in user mode: what networks have for outside is its to answer or to carry on by
// sockets of the host.

import { getRandomValues } from "node:crypto";
import { getServers } from "node:dns";
import { networkInterfaces, type NetworkInterfaceInfo } from "node:os";
import { FRAME_OVERHEAD, NAT_TELL_MS } from "../../limits.ts";
import { Nat } from "../nat/nat.ts";
import type { NatSpec, Station } from "../nat/spec.ts";
import { ip4Number, put32 } from "../nat/wire.ts";
import type { Carried, UplinkEnd, UplinkIo } from "./end.ts";
import type { EndSpec } from "./letters.ts";
import type { LargeFrame } from "./vnet-header.ts";

export class NatEnd implements UplinkEnd {
  readonly takesLarge = true;
  readonly #nat: Nat;
  readonly #io: UplinkIo;
  #spec: NatSpec;
  #stations: readonly Station[];
  #telling: NodeJS.Timeout | undefined;

  constructor(spec: NatSpec, stations: readonly Station[], io: UplinkIo) {
    this.#io = io;
    this.#spec = spec;
    this.#stations = stations;
    const word = new Uint32Array(1);
    this.#nat = new Nat(spec, {
      mac: macOf(spec.gateway),
      mtu: io.frameMax - FRAME_OVERHEAD,
      send: (frame, segmentBytes) => (segmentBytes > 0 ? io.sendLarge(frame, segmentBytes) : io.send(frame)),
      nowMs: () => io.nowNs() / 1e6,
      random: () => getRandomValues(word)[0] as number,
      servers: getServers,
      ownAddresses: () => Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(placeOf)),
      changed: () => (this.#telling ??= setTimeout(() => this.#tell(), NAT_TELL_MS)),
    });
  }

  async open(): Promise<string | undefined> {
    const problem = await this.#nat.set(this.#spec, this.#stations);
    if (problem === undefined) this.#tell();
    else await this.close();
    return problem;
  }

  async set(spec: EndSpec): Promise<string | undefined> {
    if (spec.class !== "nat") return "an uplink keeps its class";
    const problem = await this.#nat.set(spec.nat, spec.stations);
    if (problem !== undefined) return problem;
    this.#spec = spec.nat;
    this.#stations = spec.stations;
    this.#tell();
    return undefined;
  }

  receive(frame: Uint8Array, large?: LargeFrame): Carried {
    this.#nat.receive(frame, true, large !== undefined);
    return "sent";
  }

  flush(): void {
    this.#nat.flush();
  }

  async close(): Promise<void> {
    clearTimeout(this.#telling);
    this.#nat.close();
  }

  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    const { gateway, gateway6 } = this.#spec;
    const detail = gateway6 === undefined ? `gateway ${gateway}` : `gateway ${gateway}, ${gateway6}`;
    this.#io.tell({ carrier: true, detail, nat: this.#nat.facts() });
  }
}

/** Of the gateway at an address: private, and none that a device is given by itself. */
function macOf(gateway: string): Uint8Array {
  const mac = new Uint8Array(6);
  mac.set([0x52, 0x55]);
  put32(mac, 2, ip4Number(gateway) ?? 0);
  return mac;
}

/** An address of an interface; of IPv6 the whole link, as those of its neighbours are public too. */
function placeOf({ address, family, cidr }: NetworkInterfaceInfo): string {
  return family === "IPv6" ? (cidr ?? address) : address;
}
