// The gateway of a network in user mode, as the control plane names it and as it is asked of.

/** A port of the host that leads to a guest. */
export interface PublishSpec {
  readonly protocol: "tcp" | "udp";
  /** Of the host, and its port; 0 takes a free one. */
  readonly address: string;
  readonly listen: number;
  /** The guest's address, and its port. */
  readonly ip: string;
  readonly port: number;
}
/** The gateway of a network in user mode. */
export interface NatSpec {
  readonly gateway: string;
  readonly prefix: number;
  /** "02:..", the gateway's own. */
  readonly mac: string;
  readonly mtu: number;
  /** The first and the last address for stations that are not planned. */
  readonly pool: readonly [string, string];
  readonly dhcp: boolean;
  readonly dns: boolean;
  /** Guests may open connections to the world; with `hostAccess`, to private ranges and the host too. */
  readonly outward: boolean;
  readonly hostAccess: boolean;
  readonly publish: readonly PublishSpec[];
  /** The planned devices of the segment; the first name is the one that an address is known by. */
  readonly hosts: readonly { readonly names: readonly string[]; readonly ip: string; readonly mac: string }[];
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
