// The guest `sink`: takes what `stream` sends, on every venet that its bus has, counts it for each sender,
// and prints a line for each run that is over. Answers ARP and ICMP echo too. Runs until it is asked to stop.

import {
  DATAGRAM,
  FEATURE_RECONFIGURE,
  Hosts,
  NOTHING,
  Options,
  Stack,
  boot,
  now,
  stopping,
} from "./sdk/index";
import { Flow } from "./sink/flow";
import { Flows } from "./sink/flows";
import * as wire from "./stream/wire";

/** Datagrams between two looks at the clock for what is over, as long as they keep coming. */
const SETTLE_EVERY: i32 = 4096;

const flows = new Flows();

export function main(): i32 {
  if (boot(FEATURE_RECONFIGURE) < 0) return 1;
  const options = new Options("sink", "usage: sink [--port N]");
  let port = wire.PORT;
  while (options.next()) {
    if (options.is("--port")) port = <u32>options.number("a port from 1 to 65535", 1, 65_535);
    else options.unknown();
  }
  if (options.failed) return 2;
  const hosts = new Hosts("sink", port);
  let untilSettled = 0;
  while (!stopping()) {
    const found = hosts.next();
    if (found == DATAGRAM) receive(hosts.current);
    if (found == NOTHING) hosts.rest(flows.settle(now()));
    else if (++untilSettled % SETTLE_EVERY == 0) flows.settle(now());
  }
  flows.tellAll();
  return 0;
}

function receive(stack: Stack): void {
  const at = stack.datagramAt;
  const kind = wire.kindOf(at, stack.datagramBytes);
  if (kind != wire.DATA && kind != wire.FINISH) return;
  const time = now();
  const flow = flows.find(stack.datagramFrom, stack.datagramPort, wire.runOf(at), time);
  if (flow == null) return;
  const number = wire.numberOf(at);
  if (kind == wire.DATA) return flow.count(number, stack.datagramBytes, time);
  flow.finish(number, time);
  report(stack, flow, number);
}

/** Tells the sender what has come. Where there is no room for it now, the sender asks again. */
function report(stack: Stack, flow: Flow, number: u64): void {
  const at = stack.startDatagram(stack.datagramMac, flow.ip, wire.REPORT_BYTES);
  if (at == 0) return;
  wire.writeHead(at, wire.REPORT, flow.run, number);
  flow.counts.write(at);
  stack.sendDatagram(flow.port);
}
