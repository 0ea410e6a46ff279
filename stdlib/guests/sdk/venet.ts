// An ethernet device: frames out, frames in. Rings are as large as asked for, or as the guest's memory
// allows. Where the lab changes them, others take their place while frames flow, and none is lost: new ones
// are staged, what is posted goes out, the host is told, and what lies in the old one is taken first.

import * as abi from "./abi";
import { VenetFacts } from "./devices";
import { largestFree } from "./memory";
import { RxRing } from "./rx-ring";
import { TxRing } from "./tx-ring";
import { call, close, open } from "./vbus";

/** An ethernet header and one VLAN tag. */
const FRAME_OVERHEAD: i32 = 18;
const ticketAt: usize = memory.data(4, 4);

export class Venet {
  /** The device's number on the bus while it is open, else 0. */
  id: i32 = 0;
  /** 32 bytes, padded with zeros. */
  name: usize = heap.alloc(32);
  facts: VenetFacts = new VenetFacts();
  rx: RxRing = new RxRing();
  tx: TxRing = new TxRing();
  /** What `take` gave, until the next `take`. */
  at: usize = 0;
  length: i32 = 0;

  private handle: i32 = 0;
  private rxSlots: i32 = 0;
  private txBuffers: i32 = 0;
  /** Staged while a ticket is to be acknowledged; then the old ones, while they have frames. */
  private otherRx: RxRing = new RxRing();
  private otherTx: TxRing = new TxRing();
  private wanted: VenetFacts = new VenetFacts();
  private wantedAt: usize = heap.alloc(abi.VENET_FACTS_BYTES);
  private ticket: u32 = 0;
  /** The old receiving ring is to be emptied before the new one. */
  private emptying: bool = false;

  get isOpen(): bool {
    return this.id != 0;
  }

  /** New rings wait for the host: until then nothing is to be posted. See `step`. */
  get reconfiguring(): bool {
    return this.ticket != 0;
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
    this.rxSlots = rxSlots;
    this.txBuffers = txBuffers;
    memory.copy(this.name, name, abi.CHANGE_NAME_BYTES);
    this.facts.read(facts);
    const result = this.openRings(this.facts, this.rx, this.tx, 0);
    if (result < 0) this.close();
    return result;
  }

  /** Also for a device that is gone. */
  close(): void {
    close(this.handle);
    this.rx.free();
    this.tx.free();
    this.emptying = false;
    this.endStep();
    this.id = 0;
  }

  /**
   * The lab wants other rings, by the facts and the ticket of its change record. `step` makes them. Where
   * there is no memory for them the old ones stay, and the lab is told when its time is up.
   */
  reconfigure(facts: usize, ticket: u32): void {
    this.unstage();
    memory.copy(this.wantedAt, facts, abi.VENET_FACTS_BYTES);
    this.ticket = ticket;
  }

  /** Goes on with new rings, between two frames; now and then while it is `reconfiguring`. */
  step(): void {
    // One change after the other.
    if (this.ticket == 0 || this.emptying) return;
    if (!this.otherRx.isOpen && !this.stage()) return this.endStep();
    if (this.tx.flush() < 0) return this.endStep();
    store<u32>(ticketAt, this.ticket);
    const answer = call(this.handle, abi.VENET_ACKNOWLEDGE, ticketAt, 4, 0);
    if (answer == abi.EAGAIN) return;
    if (answer == 0) this.swap();
    this.endStep();
  }

  /** Takes the next frame in order. False: there is none now. */
  take(): bool {
    if (this.emptying) {
      if (this.takeFrom(this.otherRx)) return true;
      this.emptying = false;
      this.otherRx.free();
    }
    return this.takeFrom(this.rx);
  }

  /** There may be something to take. */
  ready(): bool {
    return this.emptying || this.rx.ready();
  }

  /** A buffer to send from, or 0: all are with the host, or new ones are on their way. */
  reserve(): usize {
    return this.reconfiguring ? 0 : this.tx.reserve();
  }

  private takeFrom(ring: RxRing): bool {
    if (!ring.take()) return false;
    this.at = ring.at;
    this.length = ring.length;
    return true;
  }

  private stage(): bool {
    this.wanted.read(this.wantedAt);
    return this.openRings(this.wanted, this.otherRx, this.otherTx, abi.SHM_STAGED) == 0;
  }

  private endStep(): void {
    this.ticket = 0;
    if (!this.emptying) this.unstage();
  }

  private unstage(): void {
    if (this.emptying) return;
    this.otherRx.free();
    this.otherTx.free();
  }

  /** The host uses the staged rings: the old ones have nothing to send, and maybe frames to take. */
  private swap(): void {
    const rx = this.rx;
    const tx = this.tx;
    this.rx = this.otherRx;
    this.tx = this.otherTx;
    this.otherRx = rx;
    this.otherTx = tx;
    tx.free();
    rx.retire();
    this.emptying = true;
    this.facts.read(this.wantedAt);
  }

  private openRings(facts: VenetFacts, rxRing: RxRing, txRing: TxRing, flags: i32): i32 {
    const capacity = facts.mtu + FRAME_OVERHEAD;
    // Half of what is left each, so that devices that come later find room too.
    let slots = facts.ring > 0 ? min(this.rxSlots, facts.ring) : this.rxSlots;
    while (slots > abi.RING_SLOTS_MIN && RxRing.bytesFor(slots, capacity) > largestFree() / 2) slots /= 2;
    const rx = rxRing.open(this.handle, abi.RING_RX, 0, slots, capacity, flags);
    if (rx < 0) return rx;
    let buffers = facts.ring > 0 ? min(this.txBuffers, facts.ring) : this.txBuffers;
    while (buffers > 1 && TxRing.bytesFor(buffers, capacity) > largestFree() / 2) buffers /= 2;
    return txRing.open(this.handle, abi.RING_TX, 0, buffers, capacity, flags);
  }
}
