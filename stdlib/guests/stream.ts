// The guest `stream`: sends numbered datagrams at a rate, and asks the receiver at the end what has come: a
// `sink` says so. Ends with 0 if it could send and nothing is known to be lost, 1 if not, 2 for wrong
// arguments.

import {
  FEATURE_RECONFIGURE,
  STATION_OPEN,
  STATION_UNKNOWN,
  Station,
  boot,
  put,
  putAmount,
  putIp,
  putLine,
  putNumber,
} from "./sdk/index";
import { Run } from "./stream/run";
import { Settings } from "./stream/settings";

const TX_BUFFERS: i32 = 64;

const station = new Station("stream");
const settings = new Settings();

export function main(): i32 {
  if (boot(FEATURE_RECONFIGURE) < 0) return 1;
  if (!settings.read()) return 2;
  const opened = station.open(settings.device, TX_BUFFERS);
  if (opened == STATION_UNKNOWN) settings.refuse("there is no such network device");
  if (opened != STATION_OPEN) return opened == STATION_UNKNOWN ? 2 : 1;
  const most = station.stack.datagramPayloadMax;
  if (settings.size == 0) settings.size = most;
  if (settings.size > most) return refuseSize(most);
  put("STREAM to ");
  putIp(settings.to);
  put(" port ");
  putNumber(settings.port);
  put(": ");
  putNumber(settings.size);
  put(" data bytes, ");
  putAmount(settings.rate, "bit/s");
  putLine();
  const run = new Run(settings, station);
  if (!run.find()) {
    put("stream: ");
    putIp(settings.to);
    put(" is not to be found");
    putLine();
    return 1;
  }
  run.send();
  run.finish();
  run.printEnd();
  return run.well ? 0 : 1;
}

function refuseSize(most: i32): i32 {
  put("stream: --size can be at most ");
  putNumber(most);
  put(" with an MTU of ");
  putNumber(station.stack.venet.facts.mtu);
  putLine();
  return 2;
}
