// The gateway of a network in user mode, as the control plane names it and as it is asked of.

import type { Id } from "../../hypervisor.ts";

/** A port of the host that leads to a guest. */
export interface PublishSpec {
  readonly protocol: "tcp" | "udp";
  /** Of the host, and its port; 0 takes a free one. */
  readonly address: string;
  readonly listen: number;
  /** The device, and the guest's port. While the device is not there, nobody answers. */
  readonly to: Id;
  readonly port: number;
  /** By the guest's IPv6 address: nobody answers until it was heard with one. Absent: by its IPv4 address. */
  readonly isIp6?: boolean;
}
export interface NatSpec {
  readonly gateway: string;
  readonly prefix: number;
  /** The gateway's IPv6 address, in the network's prefix of 64 bits; absent: no IPv6. */
  readonly gateway6?: string;
  /** The first and the last address for stations that are not planned. */
  readonly pool: readonly [string, string];
  readonly dhcp: boolean;
  readonly dns: boolean;
  /** Guests may open connections to the world; with `hostAccess`, to private ranges and the host too. */
  readonly outward: boolean;
  readonly hostAccess: boolean;
  readonly publish: readonly PublishSpec[];
}
/** A planned device on the gateway's segment. */
export interface Station {
  readonly id: Id;
  /** Names that lead to it; by the first one its address is known. */
  readonly names: readonly string[];
  readonly ip: string;
  readonly mac: string;
}
export interface NatFacts {
  /** TCP connections and UDP flows that there are now. */
  readonly connections: number;
  readonly flows: number;
  /** Those that found no room, and packets that were none. */
  readonly refused: number;
  readonly dropped: number;
  /** Times that a fault in TCP cost all connections. */
  readonly broken: number;
  /** With the ports that are really taken. */
  readonly published: readonly PublishSpec[];
}
