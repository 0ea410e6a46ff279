// The devices of a guest that talks: the first vchan that can be opened, and a vclock if there is one.

import {
  CHANGE_REMOVED,
  CLASS_VCHAN,
  CLASS_VCLOCK,
  Change,
  Vchan,
  Vclock,
  changeCount,
  put,
  putLine,
  putName,
  putNumber,
} from "../sdk/index";

/** Time is looked after before messages. */
const CLOCK_PRIO: i32 = 7;
const CHANNEL_PRIO: i32 = 4;

export class Ends {
  channel: Vchan = new Vchan();
  clock: Vclock = new Vclock();
  /** The channel was there and is not any more. */
  gone: bool = false;

  private change: Change = new Change();
  private changesSeen: u32 = 0xffffffff;

  get changed(): bool {
    return changeCount() != this.changesSeen;
  }

  /** Takes over what has changed. */
  follow(): void {
    if (!this.changed) return;
    this.changesSeen = changeCount();
    while (this.change.next()) {
      if (this.change.deviceClass == CLASS_VCHAN) this.followChannel();
      if (this.change.deviceClass == CLASS_VCLOCK) this.followClock();
    }
  }

  private followChannel(): void {
    const change = this.change;
    if (change.type == CHANGE_REMOVED) {
      if (this.channel.id != change.id) return;
      this.channel.close();
      this.gone = true;
      return;
    }
    let result = 0;
    if (this.channel.id == change.id) result = this.channel.update(change.facts);
    else if (!this.channel.isOpen) result = this.channel.open(change.id, change.facts, CHANNEL_PRIO);
    if (result == 0) return;
    put("chat: ");
    putName(change.name);
    put(" can't be opened, error ");
    putNumber(result);
    putLine();
  }

  private followClock(): void {
    const id = this.change.id;
    const type = this.change.type;
    if (type == CHANGE_REMOVED && this.clock.id == id) this.clock.close();
    else if (type != CHANGE_REMOVED && !this.clock.isOpen) this.clock.open(id, CLOCK_PRIO);
  }
}
