// Frames of either family, by the addresses that they are to have: the gateway's answers on their way out.

import { type Address, BODY, type Datagram, get32, icmpFrame, IP, udpFrame } from "./wire.ts";
import { icmp6Frame, isDatagram6, udp6Frame } from "./wire6.ts";

const UNREACHABLE = { type: 3, host: 1, port: 3, forbidden: 13 } as const;
/** Why a packet did not get where it was to go: nobody is there, nobody listens there, or it may not. */
export type Unreached = "host" | "port" | "forbidden";

/** With a datagram; `id` is of IPv4. */
export function datagramFrame(datagram: Datagram<Address>, id = 0): Uint8Array {
  return isDatagram6(datagram) ? udp6Frame(datagram) : udpFrame(datagram as Datagram, id);
}

/** With a message of ICMP, or ICMPv6; both addresses are of one family. */
export function messageFrame(source: Address, target: Address, message: Uint8Array, id = 0): Uint8Array {
  return typeof source === "string" || typeof target === "string"
    ? icmp6Frame(String(source), String(target), message)
    : icmpFrame(source, target, message, id);
}

/** Of IPv4: with what tells the sender of a frame that its packet did not get there. */
export function unreachedFrame(frame: Uint8Array, code: Unreached, gateway: number, id: number): Uint8Array {
  const [source, target] = [get32(frame, IP + 12), get32(frame, IP + 16)];
  const quoted = frame.subarray(IP, Math.min(frame.length, BODY + 8));
  const message = new Uint8Array(8 + quoted.length);
  message[0] = UNREACHABLE.type;
  message[1] = UNREACHABLE[code];
  message.set(quoted, 8);
  // A port's absence is told by the one who lacks it, all else by the gateway.
  return icmpFrame(code === "port" ? target : gateway, source, message, id);
}
