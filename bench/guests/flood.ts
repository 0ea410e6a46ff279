// Sends UDP datagrams to one host as fast as the switch takes them, whether it does or not: for so many
// seconds, or until it is asked to stop.

import * as sdk from "../../stdlib/guests/sdk/index";
import { ETHERNET_BYTES, TYPE_IPV4, writeEthernet } from "../../stdlib/guests/sdk/net/ethernet";
import { IPV4_BYTES, PROTOCOL_UDP, writeIpv4 } from "../../stdlib/guests/sdk/net/ipv4";
import { UDP_BYTES, writeUdp } from "../../stdlib/guests/sdk/net/udp";
import { Port } from "./shared/port";

const USAGE: string = "usage: flood --mac MAC --to ADDRESS [--bytes B] [--seconds S]";
const SECOND: i64 = 1_000_000_000;
const BATCH: i32 = 64;
const RX_SLOTS: i32 = 16;
const RX_BYTES: i32 = 2048;
const SOURCE: u32 = 4000;
/** The discard service: nobody listens. */
const TARGET: u32 = 9;
const HEAD: i32 = ETHERNET_BYTES + IPV4_BYTES + UDP_BYTES;

let mac: u64 = 0;
let to: u32 = 0;
let payload: i32 = 64;
let forNs: i64 = SECOND;

export function main(): i32 {
  if (sdk.boot() < 0) return 1;
  if (!read()) return 2;
  const port = new Port();
  if (!port.open("flood", RX_SLOTS, RX_BYTES, BATCH, HEAD + payload)) return 1;
  for (let i = 0; i < BATCH; i++) write(port.tx.burstAt(i), port);
  const end = sdk.now() + forNs;
  // Bound: the time.
  while (!sdk.stopping() && sdk.now() < end) {
    port.tx.postBurst(BATCH, HEAD + payload);
    if (!port.flush()) return 1;
  }
  return 0;
}

function write(frame: usize, port: Port): void {
  const ip = frame + ETHERNET_BYTES;
  const udp = ip + IPV4_BYTES;
  writeEthernet(frame, mac, port.facts.mac, TYPE_IPV4);
  writeIpv4(ip, port.facts.ip, to, PROTOCOL_UDP, UDP_BYTES + payload);
  writeUdp(ip, udp, SOURCE, TARGET, payload);
}

function read(): bool {
  const options = new sdk.Options("flood", USAGE);
  while (options.next()) {
    if (options.is("--mac")) mac = options.mac("an address, such as 02:00:00:00:00:01");
    else if (options.is("--to")) to = options.ip("an address, such as 10.0.0.2");
    else if (options.is("--bytes")) payload = <i32>options.size("1 to 1400 bytes", 1, 1400);
    else if (options.is("--seconds")) forNs = options.number("a number from 1 to 60", 1, 60) * SECOND;
    else options.unknown();
  }
  if (!options.failed && (mac == 0 || to == 0)) options.refuse("--mac and --to are needed");
  return !options.failed;
}
