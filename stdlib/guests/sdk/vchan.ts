// An end of a channel: messages to and from other guests, without a network. What is sent waits with the host
// until somebody receives it, and a channel that is full holds its senders up, or refuses, as the lab says.

import * as abi from "./abi";
import { largestFree } from "./memory";
import { RxRing } from "./rx-ring";
import { TxRing } from "./tx-ring";
import { close, open, signal } from "./vbus";

/** Buffers of each ring at most. */
const BUFFERS: i32 = 256;

/** What the host says of a vchan. */
export class VchanFacts {
  /** Bytes, whose borders nobody keeps. */
  stream: bool = false;
  /** The most bytes that one message has. */
  messageMax: i32 = 0;
  sends: bool = false;
  receives: bool = false;
  /** Of what it sends; 7 is the most urgent. */
  priority: u32 = 0;

  /** Takes the facts of a change record. */
  read(at: usize): void {
    this.stream = load<u32>(at, abi.FACT_KIND) == abi.VCHAN_STREAM;
    this.messageMax = load<i32>(at, abi.FACT_MESSAGE_MAX);
    const role = load<u32>(at, abi.FACT_ROLE);
    this.sends = (role & abi.ROLE_SEND) != 0;
    this.receives = (role & abi.ROLE_RECEIVE) != 0;
    this.priority = load<u32>(at, abi.FACT_PRIORITY);
  }
}

export class Vchan {
  /** The device's number on the bus while it is open, else 0. */
  id: i32 = 0;
  facts: VchanFacts = new VchanFacts();
  /** What `receive` gave, until the next `receive`. */
  at: usize = 0;
  length: i32 = 0;
  /** Messages that the channel did not take. */
  refused: i64 = 0;

  private input: RxRing = new RxRing();
  private output: TxRing = new TxRing();
  private handle: i32 = 0;
  private prio: i32 = 0;
  /** Messages posted that may still be refused. */
  private unsettled: i32 = 0;

  get isOpen(): bool {
    return this.id != 0;
  }

  /**
   * Opens the device `id` with the facts of its change record. `prio`: the word of `pending` in which it
   * signals. 0, or a negative errno value: `EBUSY` if somebody else has it, `ENOSPC` if memory is short.
   */
  open(id: i32, facts: usize, prio: i32): i32 {
    const handle = open(id, abi.ABI_VERSION);
    if (handle < 0) return handle;
    this.handle = handle;
    this.id = id;
    this.prio = prio;
    this.unsettled = 0;
    this.facts.read(facts);
    const capacity = this.facts.messageMax;
    // Half of what is left each, so that there is room for both, and for others.
    let slots = BUFFERS;
    while (slots > abi.RING_SLOTS_MIN && RxRing.bytesFor(slots, capacity) > largestFree() / 2) slots /= 2;
    let result = this.input.open(handle, abi.RING_IN, prio, slots, capacity);
    let buffers = BUFFERS;
    while (buffers > 1 && TxRing.bytesFor(buffers, capacity) > largestFree() / 2) buffers /= 2;
    if (result == 0) result = this.output.open(handle, abi.RING_OUT, prio, buffers, capacity);
    if (result < 0) this.close();
    return result;
  }

  /** Also for a device that is gone. */
  close(): void {
    close(this.handle);
    this.input.free();
    this.output.free();
    this.id = 0;
  }

  /**
   * Takes over the facts of a change record. Messages may be longer now: then it is opened anew, and what was
   * posted and not taken is lost. 0, or a negative errno value, and it is closed.
   */
  update(facts: usize): i32 {
    const id = this.id;
    this.facts.read(facts);
    if (this.facts.messageMax <= this.input.capacity) return 0;
    this.close();
    return this.open(id, facts, this.prio);
  }

  /** Takes the next message. False: there is none now. */
  receive(): bool {
    if (!this.input.take()) {
      // Buffers were given back: the host fills them.
      signal(this.input.number);
      if (!this.input.take()) return false;
    }
    this.at = this.input.at;
    this.length = this.input.length;
    return true;
  }

  /**
   * A buffer of `messageMax` bytes to send from, or 0: all are with the host, which is to be told: `flush`.
   */
  reserve(): usize {
    return this.output.reserve();
  }

  /** Sends what was written to the buffer that `reserve` gave, with the next `flush`. */
  post(length: i32): void {
    this.output.post(length);
    this.unsettled++;
  }

  /** Lets the host take what was posted. 0, or a negative errno value (`ENODEV`: the device is gone). */
  flush(): i32 {
    const answer = this.output.flush();
    const waiting = this.waiting;
    for (; this.unsettled > waiting; this.unsettled--)
      if (this.output.lengthOf(this.unsettled) == 0) this.refused++;
    return answer;
  }

  /** Messages that wait with this guest until the channel has room. */
  get waiting(): i32 {
    return this.output.posted;
  }

  /**
   * There is something to receive, or the host takes more of what waits. Cheaper than to sleep and wake up.
   */
  look(): bool {
    if (this.facts.receives) signal(this.input.number);
    if (this.input.ready()) return true;
    const waiting = this.waiting;
    return waiting > 0 && (this.flush() != 0 || this.waiting != waiting);
  }

  /**
   * The guest is about to sleep: asks to be signalled when there is a message, and when there is room for
   * what waits. False: there is something to do now.
   */
  prepareSleep(): bool {
    this.input.enable(true);
    this.output.enable(true);
    return !this.look();
  }

  /** How long it may sleep, nanoseconds: the host says so while something waits. */
  get sleepNs(): i64 {
    return this.output.retryNs > 0 ? this.output.retryNs : i64.MAX_VALUE;
  }

  /** It is awake: it looks by itself. */
  wake(): void {
    this.input.enable(false);
    this.output.enable(false);
  }
}
