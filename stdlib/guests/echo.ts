// The guest `echo`: a host that answers. ARP, ICMP echo and UDP echo (port 7) on every venet that its bus
// has, now or later. Runs until it is asked to stop.

import {
  BootText,
  CHANGE_ADDED,
  CHANGE_CHANGED,
  CHANGE_REMOVED,
  CLASS_VENET,
  Change,
  EBUSY,
  ENOSPC,
  FOREVER,
  NOTHING,
  Stack,
  argument,
  boot,
  changeCount,
  put,
  putBytes,
  putIp,
  putLine,
  putName,
  putNumber,
  sleep,
  stopping,
} from "./sdk/index";

const DEVICES_MAX: i32 = 16;
/** The device declares how many; this is the most that the ABI allows. */
const RX_SLOTS: i32 = 1024;
const TX_BUFFERS: i32 = 64;
/** Frames of one device before the others have a turn, and before the answers go out together. */
const BURST: i32 = 64;
/** Looks at empty rings before sleeping: under load, the next frame is nearer than a wake-up. */
const SPINS: i32 = 500;

const stacks = new StaticArray<Stack>(DEVICES_MAX);
const change = new Change();
let changesSeen: u32 = 0;

export function main(): i32 {
  if (boot() < 0) return 1;
  const argumentText = new BootText();
  if (argument(0, argumentText)) {
    put("echo: takes no arguments, not ");
    putBytes(argumentText.at, min(argumentText.length, 64));
    putLine();
    return 2;
  }
  for (let i = 0; i < DEVICES_MAX; i++) stacks[i] = new Stack();
  followChanges();
  let idle = SPINS;
  while (!stopping()) {
    if (changeCount() != changesSeen) followChanges();
    if (serve()) idle = 0;
    else if (idle < SPINS) idle++;
    else sleepUntilToldSo();
  }
  return 0;
}

/** One turn for every device; answers whether there was anything to do. */
function serve(): bool {
  let busy = false;
  for (let i = 0; i < DEVICES_MAX; i++) {
    const stack = stacks[i];
    if (!stack.venet.isOpen) continue;
    let frames = 0;
    while (frames < BURST && stack.next() != NOTHING) frames++;
    if (frames > 0) busy = true;
    stack.flush();
    if (stack.gone) close(stack);
  }
  return busy;
}

function sleepUntilToldSo(): void {
  let quiet = true;
  let timeout = FOREVER;
  for (let i = 0; i < DEVICES_MAX; i++) {
    const stack = stacks[i];
    if (!stack.venet.isOpen) continue;
    if (!stack.prepareSleep()) quiet = false;
    timeout = min(timeout, stack.sleepNs);
  }
  if (quiet && !stopping() && changeCount() == changesSeen) sleep(timeout);
  for (let i = 0; i < DEVICES_MAX; i++) if (stacks[i].venet.isOpen) stacks[i].wake();
}

/** Opens what was added, closes what was removed, and takes over what changed. */
function followChanges(): void {
  changesSeen = changeCount();
  while (change.next()) {
    if (change.deviceClass != CLASS_VENET) continue;
    const known = find(change.id);
    if (change.type == CHANGE_REMOVED) {
      if (known != null) close(known);
    } else if (change.type == CHANGE_ADDED || change.type == CHANGE_CHANGED) {
      if (known == null) open();
      else update(known);
    }
  }
}

function find(id: i32): Stack | null {
  for (let i = 0; i < DEVICES_MAX; i++) if (stacks[i].venet.id == id) return stacks[i];
  return null;
}

function open(): void {
  const stack = find(0);
  if (stack == null) return say(change.name, "is one device too many");
  const result = stack.open(change.id, change.name, change.facts, RX_SLOTS, TX_BUFFERS);
  if (result == EBUSY) return say(change.name, "is in use by another guest");
  if (result == ENOSPC) return say(change.name, "finds no memory: give the guest more");
  if (result < 0) {
    put("echo: ");
    putName(change.name);
    put(" can't be opened, error ");
    putNumber(result);
    return putLine();
  }
  sayReady(stack);
}

function update(stack: Stack): void {
  const venet = stack.venet;
  const ip = venet.facts.ip;
  const linkUp = venet.facts.linkUp;
  const capacity = venet.rx.capacity;
  venet.facts.read(change.facts);
  if (venet.facts.mtu + 18 > capacity) {
    // Its buffers are too small now: as good as a new device.
    venet.close();
    return open();
  }
  if (venet.facts.ip != ip) sayReady(stack);
  if (venet.facts.ip != ip || (venet.facts.linkUp && !linkUp)) stack.announce();
}

function close(stack: Stack): void {
  say(stack.venet.name, "is gone");
  stack.venet.close();
}

function sayReady(stack: Stack): void {
  put("echo: ");
  putName(stack.venet.name);
  put(" ");
  putIp(stack.venet.facts.ip);
  put(" ready");
  putLine();
}

function say(name: usize, what: string): void {
  put("echo: ");
  putName(name);
  put(" ");
  put(what);
  putLine();
}
