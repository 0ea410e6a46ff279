// A host on one venet: the one that is asked for by name, or the first that can be opened. For guests that
// have something to say to somebody.

import { CHANGE_REMOVED, CLASS_VENET, EBUSY, ENOSPC } from "../abi";
import { BootText } from "../boot";
import { bytesEqual } from "../bytes";
import { Change, nameLength, putName } from "../devices";
import { changeCount, FOREVER, now, sleep, stopping } from "../events";
import { put, putLine, putNumber } from "../text";
import { Stack } from "./stack";

/** The device declares how many; this is the most that the ABI allows. */
const RX_SLOTS: i32 = 1024;

/** What `open` answers: it is open; it can't be, and the log says why; there is none of that name. */
export const STATION_OPEN: i32 = 0;
export const STATION_FAILED: i32 = 1;
export const STATION_UNKNOWN: i32 = 2;

export class Station {
  stack: Stack = new Stack();

  private guest: string;
  private change: Change = new Change();
  private changesSeen: u32 = 0;
  private goneSaid: bool = false;

  /** `guest` stands before each line of the log. */
  constructor(guest: string) {
    this.guest = guest;
  }

  /** Opens the device of this name, or where the name is no text, the first that can be opened. */
  open(name: BootText, txBuffers: i32): i32 {
    const change = this.change;
    this.changesSeen = changeCount();
    while (change.next()) {
      if (change.deviceClass != CLASS_VENET || change.type == CHANGE_REMOVED || this.stack.venet.isOpen)
        continue;
      const length = nameLength(change.name);
      const named = length == name.length && bytesEqual(change.name, name.at, length);
      if (name.at != 0 && !named) continue;
      const result = this.stack.open(change.id, change.name, change.facts, RX_SLOTS, txBuffers);
      if (result == 0) continue;
      this.sayWhy(result);
      // Without a name any device will do.
      if (name.at != 0) return STATION_FAILED;
    }
    if (this.stack.venet.isOpen) return STATION_OPEN;
    if (name.at != 0) return STATION_UNKNOWN;
    put(this.guest);
    put(": there is no network device to use");
    putLine();
    return STATION_FAILED;
  }

  /** Takes over what has changed. False: the device is gone, and the log says so. */
  follow(): bool {
    if (changeCount() != this.changesSeen) this.readChanges();
    if (!this.stack.gone) return true;
    if (this.goneSaid) return false;
    this.goneSaid = true;
    put(this.guest);
    put(": ");
    putName(this.stack.venet.name);
    put(" is gone");
    putLine();
    return false;
  }

  /** Sends what was prepared, then sleeps until a frame comes, or until `dueAt` on the clock. */
  rest(dueAt: i64): void {
    const quiet = this.stack.prepareSleep();
    const timeout = min(dueAt == FOREVER ? FOREVER : dueAt - now(), this.stack.sleepNs);
    if (quiet && !stopping() && changeCount() == this.changesSeen && timeout > 0) sleep(timeout);
    this.stack.wake();
  }

  private readChanges(): void {
    this.changesSeen = changeCount();
    const change = this.change;
    while (change.next()) {
      if (change.deviceClass != CLASS_VENET || change.id != this.stack.venet.id) continue;
      if (change.type == CHANGE_REMOVED) {
        this.stack.gone = true;
        continue;
      }
      this.stack.update(change);
    }
  }

  private sayWhy(result: i32): void {
    put(this.guest);
    put(": ");
    putName(this.change.name);
    if (result == EBUSY) put(" is in use by another guest");
    else if (result == ENOSPC) put(" finds no memory: give the guest more");
    else {
      put(" can't be opened, error ");
      putNumber(result);
    }
    putLine();
  }
}
