// Which end serves which class of uplinks.

import type { UplinkSpec } from "../../hypervisor.ts";
import { DatagramEnd } from "./datagram-end.ts";
import type { UplinkEnd, UplinkIo } from "./end.ts";
import { StreamEnd } from "./stream-end.ts";

export function makeEnd(spec: UplinkSpec, io: UplinkIo): UplinkEnd {
  switch (spec.class) {
    case "socket": {
      const { address } = spec.socket;
      return address.family === "udp"
        ? new DatagramEnd({ ...spec.socket, address: { ...address, family: "udp" } }, io)
        : new StreamEnd(spec.socket, io);
    }
  }
}
