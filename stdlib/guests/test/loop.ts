// A guest for tests: a closed loop of numbered datagrams with an `echo`, so many on their way at most.
// Notices each number that is missing, and says at the end what it saw. Runs until it is asked to stop.
// Arguments: the other's address, and the payload's bytes.

import {
  BootText,
  DATAGRAM,
  FEATURE_RECONFIGURE,
  FOREVER,
  NOTHING,
  STATION_OPEN,
  Station,
  argument,
  boot,
  load64,
  now,
  put,
  putLine,
  putNumber,
  readIp,
  readNumber,
  stopping,
  store64,
} from "../sdk/index";

const WINDOW: i64 = 32;
const PORT_ECHO: u32 = 7;
/** What is on its way when the guest is asked to stop comes within this, nanoseconds. */
const PATIENCE: i64 = 10_000_000_000;

const station = new Station("loop");
const text = new BootText();
const nameless = new BootText();
let sent: i64 = 0;
let answered: i64 = 0;
let wrong: i64 = 0;

export function main(): i32 {
  if (boot(FEATURE_RECONFIGURE) < 0 || !argument(0, text)) return 2;
  const to = <u32>readIp(text.at, text.length);
  if (!argument(1, text)) return 2;
  const bytes = <i32>readNumber(text.at, text.length);
  if (station.open(nameless, 64) != STATION_OPEN) return 1;
  const stack = station.stack;
  stack.port = 50_000;
  let endAt = FOREVER;
  while (answered < sent || endAt == FOREVER) {
    take();
    if (!station.follow()) return 1;
    if (endAt == FOREVER && stopping()) endAt = now() + PATIENCE;
    if (endAt != FOREVER && now() > endAt) break;
    const mac = stack.resolve(to);
    while (endAt == FOREVER && mac != 0 && sent - answered < WINDOW) {
      const at = stack.startDatagram(mac, to, bytes);
      if (at == 0) break;
      store64(at, sent);
      stack.sendDatagram(PORT_ECHO);
      sent++;
    }
    stack.flush();
    if (!stack.venet.ready()) station.rest(now() + 10_000_000);
  }
  put("loop: ");
  putNumber(<i32>answered);
  put(" answered, ");
  putNumber(<i32>(sent - answered));
  put(" missing, ");
  putNumber(<i32>wrong);
  put(" out of order");
  putLine();
  return sent == answered && wrong == 0 ? 0 : 1;
}

function take(): void {
  const stack = station.stack;
  for (let found = stack.next(); found != NOTHING; found = stack.next()) {
    if (found != DATAGRAM) continue;
    if (<i64>load64(stack.datagramAt) != answered) wrong++;
    answered++;
  }
}
