// A host on every venet that the bus has, now or later: opens what is added, closes what is removed, takes
// over what changes, and tells of each in the log. For guests that serve whoever comes.

import { CHANGE_ADDED, CHANGE_CHANGED, CHANGE_REMOVED, CLASS_VENET, EBUSY, ENOSPC } from "../abi";
import { Change, putName } from "../devices";
import { changeCount, FOREVER, now, sleep, stopping } from "../events";
import { put, putIp, putLine, putNumber } from "../text";
import { NOTHING, Stack } from "./stack";

const DEVICES_MAX: i32 = 16;
/** The device declares how many; this is the most that the ABI allows. */
const RX_SLOTS: i32 = 1024;
const TX_BUFFERS: i32 = 64;
/** Frames of one device before the others have a turn, and before the answers go out together. */
const BURST: i32 = 64;
/** Looks at empty rings before sleeping: under load, the next frame is nearer than a wake-up. */
const SPINS: i32 = 500;
/** Where sleeps are longer than this, nanoseconds, no frame is so near: one look is as good as many. */
const SHORT_SLEEP: i64 = 200_000;

export class Hosts {
  /** Whose frame `next` told of. */
  current: Stack = new Stack();

  private guest: string;
  /** What `next` hands on of UDP; see `Stack.port`. */
  private port: u32;
  private segments: bool;
  private stacks: StaticArray<Stack> = new StaticArray<Stack>(DEVICES_MAX);
  private change: Change = new Change();
  private changesSeen: u32 = 0;
  private turn: i32 = 0;
  private frames: i32 = 0;
  /** Looks before the next sleep. */
  private spins: i32 = SPINS;

  /** `guest` stands before each line of the log; `segments`: `next` hands on those of TCP. */
  constructor(guest: string, port: u32, segments: bool = false) {
    this.guest = guest;
    this.port = port;
    this.segments = segments;
    for (let i = 0; i < DEVICES_MAX; i++) this.stacks[i] = new Stack();
    this.follow();
  }

  /** Deals with one frame, as `Stack.next` does, device by device; NOTHING when no device has one. */
  next(): i32 {
    if (changeCount() != this.changesSeen) this.follow();
    for (let turns = 0; turns <= DEVICES_MAX; turns++) {
      const stack = this.stacks[this.turn];
      if (stack.venet.isOpen && this.frames < BURST) {
        const kind = stack.next();
        if (kind != NOTHING) {
          this.current = stack;
          this.frames++;
          return kind;
        }
      }
      if (stack.venet.isOpen) this.endTurn(stack);
      this.turn = (this.turn + 1) % DEVICES_MAX;
      this.frames = 0;
    }
    return NOTHING;
  }

  /** After `next` found nothing: sleeps until there is something, or until `dueAt` on the clock. */
  rest(dueAt: i64): void {
    for (let spins = 0; spins < this.spins; spins++) if (this.ready()) return;
    let quiet = true;
    let timeout = FOREVER;
    for (let i = 0; i < DEVICES_MAX; i++) {
      const stack = this.stacks[i];
      if (!stack.venet.isOpen) continue;
      if (!stack.prepareSleep()) quiet = false;
      timeout = min(timeout, stack.sleepNs);
    }
    if (dueAt != FOREVER) timeout = min(timeout, dueAt - now());
    if (quiet && !stopping() && changeCount() == this.changesSeen) this.sleep(timeout);
    for (let i = 0; i < DEVICES_MAX; i++) if (this.stacks[i].venet.isOpen) this.stacks[i].wake();
  }

  private sleep(timeout: i64): void {
    const since = now();
    sleep(timeout);
    this.spins = now() - since < SHORT_SLEEP ? SPINS : 1;
  }

  /** There is something that `next` would take. */
  private ready(): bool {
    if (changeCount() != this.changesSeen) return true;
    for (let i = 0; i < DEVICES_MAX; i++) {
      const stack = this.stacks[i];
      if (stack.venet.isOpen && stack.hasRoom && stack.venet.ready()) return true;
    }
    return false;
  }

  /** Sends what was prepared, and lets a device go that has gone. */
  private endTurn(stack: Stack): void {
    stack.flush();
    if (stack.gone) this.close(stack);
  }

  private follow(): void {
    this.changesSeen = changeCount();
    while (this.change.next()) {
      if (this.change.deviceClass != CLASS_VENET) continue;
      const known = this.find(this.change.id);
      if (this.change.type == CHANGE_REMOVED) {
        if (known != null) this.close(known);
      } else if (known != null) {
        this.update(known);
      } else if (this.change.type == CHANGE_ADDED || this.change.type == CHANGE_CHANGED) {
        this.open();
      }
    }
  }

  private find(id: i32): Stack | null {
    for (let i = 0; i < DEVICES_MAX; i++) if (this.stacks[i].venet.id == id) return this.stacks[i];
    return null;
  }

  private open(): void {
    const change = this.change;
    const stack = this.find(0);
    if (stack == null) return this.say(change.name, "is one device too many");
    stack.port = this.port;
    stack.takesSegments = this.segments;
    const result = stack.open(change.id, change.name, change.facts, RX_SLOTS, TX_BUFFERS);
    if (result == EBUSY) return this.say(change.name, "is in use by another guest");
    if (result == ENOSPC) return this.say(change.name, "finds no memory: give the guest more");
    if (result == 0) return this.sayReady(stack);
    this.begin(change.name);
    put("can't be opened, error ");
    putNumber(result);
    putLine();
  }

  private update(stack: Stack): void {
    const venet = stack.venet;
    const ip = venet.facts.ip;
    stack.update(this.change);
    if (venet.facts.mtu + 18 > venet.rx.capacity) {
      // Changed before it was opened: its buffers are too small. As good as a new device.
      venet.close();
      return this.open();
    }
    if (venet.facts.ip != ip) this.sayReady(stack);
  }

  private close(stack: Stack): void {
    this.say(stack.venet.name, "is gone");
    stack.venet.close();
  }

  private sayReady(stack: Stack): void {
    this.begin(stack.venet.name);
    putIp(stack.venet.facts.ip);
    put(" ready");
    putLine();
  }

  private say(name: usize, what: string): void {
    this.begin(name);
    put(what);
    putLine();
  }

  private begin(name: usize): void {
    put(this.guest);
    put(": ");
    putName(name);
    put(" ");
  }
}
