// The guest `ping`: asks one address for echoes and prints what comes back, in the style everybody knows.
// Ends with 0 if anything was received in time, 1 if nothing was, 2 for wrong arguments.

import {
  FEATURE_RECONFIGURE,
  FOREVER,
  STATION_OPEN,
  STATION_UNKNOWN,
  Station,
  boot,
  put,
  putIp,
  putLine,
  putNumber,
  stopping,
} from "./sdk/index";
import { Session } from "./ping/session";
import { Settings } from "./ping/settings";

const TX_BUFFERS: i32 = 16;
/** Looks at the empty ring while an answer is awaited, before sleeping. */
const SPINS: i32 = 2000;

const station = new Station("ping");
const settings = new Settings();

export function main(): i32 {
  if (boot(FEATURE_RECONFIGURE) < 0) return 1;
  if (!settings.read()) return 2;
  const opened = station.open(settings.device, TX_BUFFERS);
  if (opened == STATION_UNKNOWN) settings.refuse("there is no such network device");
  if (opened != STATION_OPEN) return opened == STATION_UNKNOWN ? 2 : 1;
  const stack = station.stack;
  if (settings.size > stack.echoPayloadMax) {
    put("ping: --size can be at most ");
    putNumber(stack.echoPayloadMax);
    put(" with an MTU of ");
    putNumber(stack.venet.facts.mtu);
    putLine();
    return 2;
  }
  put("PING ");
  putIp(settings.to);
  put(": ");
  putNumber(settings.size);
  put(" data bytes");
  putLine();
  const session = new Session(settings, stack);
  run(session);
  session.statistics.print(settings.to);
  return session.statistics.received > 0 ? 0 : 1;
}

function run(session: Session): void {
  const stack = station.stack;
  let spins = 0;
  while (session.step() && !stopping() && station.follow()) {
    if (session.waitsForAnswer && stack.sleepNs == FOREVER && spins < SPINS) {
      // Bound: SPINS.
      while (spins < SPINS && !stack.venet.ready()) spins++;
      if (spins < SPINS) spins = 0;
      continue;
    }
    spins = 0;
    station.rest(session.dueAt);
  }
}
