// An ethernet device: frames out, frames in. Rings are as large as asked for, or as the guest's memory
// allows.

import * as abi from "./abi";
import { VenetFacts } from "./devices";
import { largestFree } from "./memory";
import { RxRing } from "./rx-ring";
import { TxRing } from "./tx-ring";
import { close, open } from "./vbus";

/** An ethernet header and one VLAN tag. */
const FRAME_OVERHEAD: i32 = 18;

export class Venet {
  /** The device's number on the bus while it is open, else 0. */
  id: i32 = 0;
  /** 32 bytes, padded with zeros. */
  name: usize = heap.alloc(32);
  facts: VenetFacts = new VenetFacts();
  rx: RxRing = new RxRing();
  tx: TxRing = new TxRing();

  private handle: i32 = 0;

  get isOpen(): bool {
    return this.id != 0;
  }

  /**
   * Opens the device `id` with the name and the facts of its change record. `rxSlots` and `txBuffers` are
   * powers of two, and upper bounds, as is what the device declares. 0, or a negative errno value: `EBUSY` if
   * somebody else has it, `ENOSPC` if memory is short.
   */
  open(id: i32, name: usize, facts: usize, rxSlots: i32, txBuffers: i32): i32 {
    const handle = open(id, abi.ABI_VERSION);
    if (handle < 0) return handle;
    this.handle = handle;
    this.id = id;
    memory.copy(this.name, name, abi.CHANGE_NAME_BYTES);
    this.facts.read(facts);
    const result = this.openRings(rxSlots, txBuffers);
    if (result < 0) this.close();
    return result;
  }

  /** Also for a device that is gone. */
  close(): void {
    close(this.handle);
    this.rx.free();
    this.tx.free();
    this.id = 0;
  }

  private openRings(rxSlots: i32, txBuffers: i32): i32 {
    const capacity = this.facts.mtu + FRAME_OVERHEAD;
    // Half of what is left each, so that devices that come later find room too.
    let slots = this.facts.ring > 0 ? min(rxSlots, this.facts.ring) : rxSlots;
    while (slots > abi.RING_SLOTS_MIN && RxRing.bytesFor(slots, capacity) > largestFree() / 2) slots /= 2;
    const rx = this.rx.open(this.handle, abi.RING_RX, 0, slots, capacity);
    if (rx < 0) return rx;
    let buffers = this.facts.ring > 0 ? min(txBuffers, this.facts.ring) : txBuffers;
    while (buffers > 1 && TxRing.bytesFor(buffers, capacity) > largestFree() / 2) buffers /= 2;
    return this.tx.open(this.handle, abi.RING_TX, 0, buffers, capacity);
  }
}
