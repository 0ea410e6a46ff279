// The guest `ping`: asks one address for echoes and prints what comes back, in the style everybody knows.
// Ends with 0 if anything was received in time, 1 if nothing was, 2 for wrong arguments.

import {
  CHANGE_REMOVED,
  CLASS_VENET,
  Change,
  EBUSY,
  ENOSPC,
  FOREVER,
  Stack,
  bytesEqual,
  boot,
  changeCount,
  nameLength,
  now,
  put,
  putIp,
  putLine,
  putName,
  putNumber,
  sleep,
  stopping,
} from "./sdk/index";
import { Session } from "./ping/session";
import { Settings } from "./ping/settings";

/** The device declares how many; this is the most that the ABI allows. */
const RX_SLOTS: i32 = 1024;
const TX_BUFFERS: i32 = 16;
/** Looks at the empty ring while an answer is awaited, before sleeping. */
const SPINS: i32 = 2000;

const change = new Change();
const stack = new Stack();
const settings = new Settings();
let changesSeen: u32 = 0;

export function main(): i32 {
  if (boot() < 0) return 1;
  if (!settings.read()) return 2;
  const opened = openDevice();
  if (opened != 0) return opened;
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
  let spins = 0;
  while (session.step() && !stopping()) {
    if (changeCount() != changesSeen) followChanges();
    if (stack.gone) {
      put("ping: ");
      putName(stack.venet.name);
      put(" is gone");
      return putLine();
    }
    if (session.waitsForAnswer && stack.sleepNs == FOREVER && spins < SPINS) {
      // Bound: SPINS.
      while (spins < SPINS && !stack.venet.rx.ready()) spins++;
      if (spins < SPINS) spins = 0;
      continue;
    }
    spins = 0;
    const quiet = stack.prepareSleep();
    const timeout = min(session.dueAt - now(), stack.sleepNs);
    if (quiet && !stopping() && changeCount() == changesSeen && timeout > 0) sleep(timeout);
    stack.wake();
  }
}

/** Opens the device that is asked for, or the first. 0, or the exit code. */
function openDevice(): i32 {
  changesSeen = changeCount();
  while (change.next()) {
    if (change.deviceClass != CLASS_VENET || change.type == CHANGE_REMOVED || stack.venet.isOpen) continue;
    const length = nameLength(change.name);
    const named = length == settings.deviceLength && bytesEqual(change.name, settings.device, length);
    if (settings.device != 0 && !named) continue;
    const result = stack.open(change.id, change.name, change.facts, RX_SLOTS, TX_BUFFERS);
    if (result == 0) continue;
    put("ping: ");
    putName(change.name);
    if (result == EBUSY) put(" is in use by another guest");
    else if (result == ENOSPC) put(" finds no memory: give the guest more");
    else put(" can't be opened, error ");
    if (result != EBUSY && result != ENOSPC) putNumber(result);
    putLine();
    // Without a name any device will do.
    if (settings.device != 0) return 1;
  }
  if (stack.venet.isOpen) return 0;
  if (settings.device != 0) {
    settings.refuse("there is no such network device");
    return 2;
  }
  put("ping: there is no network device to use");
  putLine();
  return 1;
}

function followChanges(): void {
  changesSeen = changeCount();
  while (change.next()) {
    if (change.deviceClass != CLASS_VENET || change.id != stack.venet.id) continue;
    if (change.type == CHANGE_REMOVED) {
      stack.gone = true;
      continue;
    }
    const linkUp = stack.venet.facts.linkUp;
    const ip = stack.venet.facts.ip;
    stack.venet.facts.read(change.facts);
    if (stack.venet.facts.ip != ip || (stack.venet.facts.linkUp && !linkUp)) stack.announce();
  }
}
