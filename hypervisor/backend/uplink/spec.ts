// Uplinks as the hypervisor's door takes them and tells of them.

import type { CounterFacts, Id } from "../../hypervisor.ts";
import type { NatFacts, NatSpec } from "../nat/spec.ts";

export type { NatFacts, NatSpec, PublishSpec } from "../nat/spec.ts";

/** Where a socket of an uplink is. Unix sockets carry streams; paths are absolute. */
export type SocketAddress =
  | { readonly family: "unix"; readonly path: string }
  | { readonly family: "tcp" | "udp"; readonly host: string; readonly port: number };
/** What an uplink is plugged into, and the end that it has outside. */
export type UplinkSpec = {
  readonly network: Id;
  readonly link: "up" | "down";
  /** Bits per second, each direction; absent: no limit. */
  readonly rate?: number;
} & UplinkClassSpec;
export type UplinkClassSpec =
  /** Frames as QEMU's netdevs `stream` and `dgram` have them. */
  | { readonly class: "socket"; readonly socket: SocketSpec }
  /** A gateway in user mode. */
  | { readonly class: "nat"; readonly nat: NatSpec }
  | { readonly class: "tap"; readonly tap: TapSpec }
  | { readonly class: "pcap"; readonly pcap: PcapSpec };
export interface SocketSpec {
  readonly role: "listen" | "connect";
  readonly address: SocketAddress;
}
export interface PcapSpec {
  /** The file that all frames of the network are written to, as pcapng; it is begun anew. */
  readonly record?: string;
  /** The file that is played into the network, once. */
  readonly replay?: string;
  /** 2 plays twice as fast; absent: as fast as the network takes it. */
  readonly speed?: number;
}
export interface TapSpec {
  /** 1 to 15 characters. */
  readonly interface: string;
}
/** How it is outside. */
export interface UplinkState {
  /** Somebody is at the other end. */
  readonly carrier: boolean;
  /** In words. */
  readonly detail: string;
  /** Of a gateway. */
  readonly nat?: NatFacts;
}
export interface UplinkFacts extends UplinkState {
  readonly id: Id;
  readonly class: UplinkSpec["class"];
  readonly network: Id;
  readonly link: "up" | "down";
  /** From outside, and to outside. */
  readonly rx: CounterFacts;
  readonly tx: CounterFacts;
}
