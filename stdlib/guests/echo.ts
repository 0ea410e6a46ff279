// The guest `echo`: a host that answers. ARP, ICMP echo and UDP echo (port 7) on every venet that its bus
// has, now or later. Runs until it is asked to stop.

import { FEATURE_RECONFIGURE, FOREVER, Hosts, NOTHING, boot, refuseArguments, stopping } from "./sdk/index";

export function main(): i32 {
  if (boot(FEATURE_RECONFIGURE) < 0) return 1;
  if (refuseArguments("echo")) return 2;
  // To receive a frame is to answer it, for a host that is asked for nothing else.
  const hosts = new Hosts("echo", 0);
  while (!stopping()) {
    if (hosts.next() == NOTHING) hosts.rest(FOREVER);
  }
  return 0;
}
