// Which end serves which class of uplinks.

import { DatagramEnd } from "./datagram-end.ts";
import type { UplinkEnd, UplinkIo } from "./end.ts";
import type { EndSpec } from "./letters.ts";
import { NatEnd } from "./nat-end.ts";
import { PcapEnd } from "./pcap-end.ts";
import { StreamEnd } from "./stream-end.ts";
import { TapEnd } from "./tap-end.ts";

export function makeEnd(spec: EndSpec, io: UplinkIo): UplinkEnd {
  switch (spec.class) {
    case "nat":
      return new NatEnd(spec.nat, spec.stations, io);
    case "socket": {
      const { address } = spec.socket;
      return address.family === "udp"
        ? new DatagramEnd({ ...spec.socket, address: { ...address, family: "udp" } }, io)
        : new StreamEnd(spec.socket, io);
    }
    case "pcap":
      return new PcapEnd(spec.pcap, io);
    case "tap":
      return new TapEnd(spec.tap, io);
  }
}
