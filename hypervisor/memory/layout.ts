// Where everything stands in the fabric: the shared memory that only host code holds. Byte offsets and sizes.
// A table of rows each for threads, networks, ports and rings; `pump.wat` uses the same numbers.

import {
  BUDGET_FRAMES,
  CARRIERS_MAX,
  HISTOGRAM_NS_MAX,
  MACS_MAX,
  NETWORKS_MAX,
  NETWORK_PORTS_MAX,
  PORTS_MAX,
  GUESTS_MAX,
  RING_SLOTS_MAX,
  TAP_RING_BYTES,
} from "../limits.ts";
import { cellsFor, type HistogramPlace } from "./histogram.ts";

/** A row for each thread that runs host code, which writes it; row 0 is the control thread. */
export const THREAD = {
  /** A `WHERE`: whose code the thread runs. Written by that thread, atomic. */
  where: 0,
  /** Ring index + 1 while positions of it are claimed; then `from`, `count`. Read by the reaper. */
  claimRing: 4,
  claimFrom: 8,
  claimCount: 12,
  /** Counts letters in the thread's inbox; written by control. */
  mail: 16,
  /** Counts the guests that have had this row; written by control. */
  incarnation: 20,
  /** Not 0 when the guest is to be stopped, a `Fault`; the first one wins. Written by any thread. */
  fault: 24,
  /** Signals sent to this guest. Any thread, atomic; see `counts.ts`. */
  signals: 28,
  /** Float64: verbs called. */
  exits: 32,
  /** Event area of the guest, byte offset in its memory, 0 if none. */
  events: 40,
  /** Port + 1 whose frame is claimed for and not yet counted, negative for a copy of a flood, 0 if none. */
  claimFor: 44,
  /** Port + 1 whose frame is being flooded, 0 if none. */
  flooding: 48,
  /** 1 while control has been told that the guest's ports changed, and has not looked. Atomic. */
  portsBell: 52,
  /** How many of the claimed positions have had their commit; 0 where none is claimed. */
  published: 56,
  /** Of `signals`, those that woke the guest. The same. */
  interrupts: 60,
  /** Room for the batch that the pump works on: 32 × 16 bytes. */
  scratch: 64,
  /** High words of `signals`, `interrupts` and `late`. */
  signalsHigh: 976,
  interruptsHigh: 980,
  lateHigh: 984,
  /** Float64, nanoseconds: what a shared guest's turns have taken, and how long it waited for them. */
  cpuNs: 992,
  queueNs: 1000,
  /** Of a shared guest: a `HELD`. Control, atomic. */
  held: 1008,
  /** Wake-ups that came after the guest's deadline. The guest's thread. */
  late: 1012,
  /** Features that the guest took, `FEATURE` bits. The guest's thread. */
  features: 1016,
  /**
   * Not 0 while the guest is to stand still; differs after each letter that it gets then. Control, atomic.
   */
  paused: 1020,
  size: 1024,
} as const;

/** Whose code a guest's thread runs. */
export const WHERE = {
  /** The guest's. It may be asleep in a wait of its own. */
  guest: 0,
  /** The host's, on its behalf. It is left soon. */
  host: 1,
  /** It sleeps in the verb `wait`; where it wakes, it stands still before the guest's code goes on. */
  asleep: 2,
  /** None: it is paused, outside every verb. */
  still: 3,
} as const;

/** Whether a shared guest has turns. */
export const HELD = { no: 0, paused: 1, ending: 2 } as const;

/** A row for each network. Of joined ones, a segment, one leads and holds what they share. */
export const NETWORK = {
  /** How many entries of `ports` have ever been used. */
  portsUsed: 0,
  /** Row of the leader of its segment; its own where it is joined with none. Control, atomic. */
  leader: 4,
  /** Of a leader: how many entries of `members` have ever been used. */
  membersUsed: 8,
  /** Of a leader: counts steps of ageing. Control. */
  age: 12,
  /** Counts the leaders that it has had. Control, atomic. */
  moves: 16,
  /** Of a leader: counts changes of what is known of stations. Any thread, atomic. */
  learned: 20,
  /** Float64: bits per second that its devices send together, 0 for no limit. Control. */
  rate: 24,
  /** When the next byte is due, in units of 64 ns; and how many ports send. Compare-and-swap by senders. */
  due: 32,
  senders: 36,
  /** i32 each: port + 1, or 0 for a free place. A port never moves. */
  ports: 64,
  /** Of a leader, i32 each: row + 1 of a network of the segment, itself among them, or 0 for a free place. */
  members: 64 + NETWORK_PORTS_MAX * 4,
  /**
   * Of a leader, pairs of i32: the first four bytes of the MAC; the last two in the low half, above them port
   * + 1 (13 bits) and the age in which the station was heard last (3 bits).
   */
  macs: 64 + (NETWORK_PORTS_MAX + NETWORKS_MAX) * 4,
  size: 64 + (NETWORK_PORTS_MAX + NETWORKS_MAX) * 4 + MACS_MAX * 8,
} as const;

/** A row for each device with a data path. */
export const PORT = {
  /** `PORT_FLAG`s. Written by control and by the thread that has it open, atomic. */
  flags: 0,
  /** Network + 1, or 0. Control. */
  network: 4,
  /** Longest frame in bytes. Control, and the owner's thread when it acknowledges another. */
  frameMax: 8,
  /** Thread row of the guest that has it open, 0 if none. Compare-and-swap. */
  owner: 12,
  /** Receiving ring + 1, or 0. The owner's thread, and the reaper. */
  rxRing: 16,
  /** Of a device: the port + 1 of its line for what it sends, and for what it receives, or 0. Control. */
  egressLine: 20,
  ingressLine: 24,
  /** Of a line: its ring's position up to which all has gone on, when none waits. The I/O thread. */
  lineDone: 28,
  /** Next position of the sending ring. The owner's thread. */
  txPosition: 32,
  /** Sending ring: byte offset, slots; courtesy copies for observers. */
  txOffset: 36,
  txSlots: 40,
  /**
   * The ticket of the reconfiguration that the guest is asked for, its negative once it has acknowledged,
   * 0: none. Compare-and-swap by control and the owner's thread.
   */
  ticket: 44,
  /** Float64: bits per second for each direction, 0 for no limit. Control. */
  rate: 48,
  /** Float64, monotonic nanoseconds at which the next byte to send is due. The owner's thread. */
  txDue: 56,
  /** The same for receiving, i32 in units of 64 ns, compare-and-swap by every sender. */
  rxDue: 64,
  /** Frames lost at this receiver, by sender's choice of reason. Any thread, atomic; see `counts.ts`. */
  rxFull: 68,
  rxOther: 72,
  /**
   * 802.1Q VLAN that the port is a member of, untagged; 0: it sees the segment's frames as they are. Control.
   */
  vlan: 76,
  /** Float64, monotonic nanoseconds at which a guest opened it last, 0: never. The owner's thread. */
  attached: 80,
  /**
   * Of a device whose frames are captured: the number of its tap, `TAP_SIDE`s, bytes to keep of a frame.
   * Control.
   */
  tap: 88,
  tapSides: 92,
  tapKeep: 96,
  /** Frames of it that found no room on their way to the capture since it has this tap. Atomic. */
  tapLost: 100,
  /**
   * Float64, as `txDue`, for its share of its network's rate; and when it was counted as a sender there. The
   * owner's thread.
   */
  shareDue: 104,
  shareSeen: 112,
  /**
   * Float64: requests per second of a disk, 0 for no limit; `shareDue` is when the next one is due. Control.
   */
  iops: 120,
  /**
   * Float64 counters, written by the owner's thread only (the reaper's after its end). A line's: the I/O
   * thread.
   */
  counters: 128,
  /** High words of `rxFull`, `rxOther` and `tapLost`. */
  rxFullHigh: 384,
  rxOtherHigh: 388,
  tapLostHigh: 392,
  /** Float64, of a PC's card: kicks of its kernel, interrupts that it got. The owner's thread. */
  pcKicks: 400,
  pcInterrupts: 408,
  size: 448,
} as const;

/**
 * Float64 cells from `PORT.counters`. Each frame sent ends in exactly one of those up to `lostByKill`, or in
 * `overRate`, `queued`, `impaired` or `queue`.
 */
export const COUNTER = {
  sent: 0,
  full: 1,
  down: 2,
  noListener: 3,
  malformed: 4,
  tooBig: 5,
  lostByKill: 6,
  /** Bytes of `sent`. */
  bytes: 7,
  /** Of flooded frames: copies made, and copies that found no room. */
  copies: 8,
  copiesLost: 9,
  /** Frames of `sent` that were flooded. */
  flooded: 10,
  kicks: 11,
  /** Over the receiver's rate limit. */
  overRate: 12,
  /** Given to the device's own egress line, whose counters say how it ended. */
  queued: 13,
  /** Of a line: lost as its impairment says. */
  impaired: 14,
  /** No room in the line. */
  queue: 15,
  /** Of a line: frames made beside those that came, frames with a bit flipped, frames that went ahead. */
  duplicated: 16,
  corrupted: 17,
  reordered: 18,
  /** Wake-ups of its guest that came after the guest's deadline. */
  late: 19,
  /** Of a vclock: timers that fired. Of a vrng: bytes that it gave. */
  ticks: 20,
  randomBytes: 21,
  /** Of an uplink: frames and their bytes that went outside, and why others did not. */
  out: 22,
  outBytes: 23,
  outFull: 24,
  outDown: 25,
  outTooBig: 26,
  /** Of a disk: requests that the storage failed. `sent` and `bytes` are of those that it did. */
  failed: 27,
  /** Of `sent`. */
  reads: 28,
  writes: 29,
  flushes: 30,
  discards: 31,
} as const;

export const PORT_FLAG = {
  exists: 1,
  linkUp: 2,
  /** A rate is set, or something else that the pump does not do. */
  slow: 4,
  /** A line for what a device sends: its frames count as `queued`. */
  egress: 8,
  /** A line that does nothing to frames: senders go past it as soon as it is empty. */
  passing: 16,
  /** Large frames are cut for its guest, and given to it whole, where it took those features. */
  offload: 32,
} as const;

/** A row for each receiving ring; two to a port, used in turn, so that a ring can be swapped. */
export const RING = {
  /** Next position to claim. Compare-and-swap by every sender; on a line of its own. */
  cursor: 0,
  /** Counts positions that were passed over. Atomic. */
  passes: 4,
  /** High words of `sent`, `suppressed` and `interrupts`: written to once in 2^31 times. */
  sentHigh: 8,
  suppressedHigh: 12,
  interruptsHigh: 16,
  /** Slots - 1; byte offsets of the descriptors, the signal and the event area in the owner's memory. */
  mask: 64,
  offset: 68,
  signal: 72,
  events: 76,
  /** Signal number: priority * 32 + bit. */
  number: 80,
  /** This ring's own index; its port is half of it. */
  index: 84,
  /** Thread row of the guest whose memory it is, and its incarnation. */
  owner: 88,
  incarnation: 92,
  /** Signals sent, and those that were suppressed. Any thread, atomic; see `counts.ts`. */
  sent: 96,
  suppressed: 100,
  /** Counts registrations that have ended here: who looked before must look again. Atomic. */
  generation: 104,
  /** Of `sent`, those that woke the guest; the same. */
  interrupts: 108,
  /** Not 0: somebody found it full who had not filled it. Any sender; see datapath/shares.ts. */
  wanted: 112,
  /** The most slots that a ring here has had: frames are counted in each. The owner's thread. */
  slotsUsed: 116,
  slots: 128,
  size: 128 + RING_SLOTS_MAX * 32,
} as const;

/** One slot of a ring, as the host knows it. */
export const SLOT = {
  /** The position that may claim it next. Written by whoever owns that position. */
  next: 0,
  /** The newest position that was passed over because the slot was still claimed. */
  passed: 4,
  /** The turn that the host last wrote. */
  turn: 8,
  /** Float64: frames and bytes that were put here. */
  frames: 16,
  bytes: 24,
  size: 32,
} as const;

/** Which frames of a device are captured: those that it sends, those that come to it. */
export const TAP_SIDE = { out: 1, in: 2 } as const;

/**
 * Of each thread: the way of its frames to the capture thread. Free-running positions in bytes, each on a
 * line of its own; `TAP_RING_BYTES` of records stand elsewhere.
 */
export const TAP = {
  /** Everything before it is whole. The thread that records. */
  head: 0,
  /** Everything before it has been taken. The capture thread. */
  tail: 64,
  size: 128,
} as const;

/** One captured frame in a tap's ring. A size of -1: the next one stands at the ring's start. */
export const RECORD = {
  /** Bytes of the record, a multiple of 8. */
  size: 0,
  tap: 4,
  /** Float64, nanoseconds of the monotonic clock. */
  time: 8,
  /** The frame's own length, and how much of it stands here. */
  length: 16,
  kept: 20,
  /** A `TAP_SIDE`, and the `COUNTER` in which the frame ended. */
  side: 24,
  outcome: 28,
  frame: 32,
} as const;

/** A row for each port: what is measured at its two rings. It stays while guests come and go. */
export const METER = {
  /** The sample of `latencyNs`: its number × 4, and a `SAMPLE`. Compare-and-swap by senders and the owner. */
  sample: 0,
  /** Which position is waited for, and float64 nanoseconds since when. Whoever has the sample. */
  samplePosition: 4,
  sampleNs: 8,
  /**
   * Float64 nanoseconds at which the guest was signalled first since it went to sleep, 0 if it wasn't.
   * Senders, and the owner's thread.
   */
  signalledNs: 16,
  histograms: 64,
} as const;

/** What becomes of a sample, in the low bits of `METER.sample`. */
export const SAMPLE = { free: 0, taken: 1, open: 2, mask: 3, next: 4 } as const;

const COUNT_CELLS = cellsFor(Math.max(BUDGET_FRAMES, RING_SLOTS_MAX));
const NS_CELLS = cellsFor(HISTOGRAM_NS_MAX);
const COUNT_BYTES = Math.ceil(COUNT_CELLS / 8) * 64;
const NS_BYTES = Math.ceil(NS_CELLS / 8) * 64;

/** The histograms of a port, places in its `METER` row. docs/metrics.md says what each is. */
export const HISTOGRAM = {
  framesPerKick: { at: METER.histograms, cells: COUNT_CELLS },
  occupancy: { at: METER.histograms + COUNT_BYTES, cells: COUNT_CELLS },
  kickNs: { at: METER.histograms + 2 * COUNT_BYTES, cells: NS_CELLS },
  latencyNs: { at: METER.histograms + 2 * COUNT_BYTES + NS_BYTES, cells: NS_CELLS },
  wakeNs: { at: METER.histograms + 2 * COUNT_BYTES + 2 * NS_BYTES, cells: NS_CELLS },
} as const satisfies Record<string, HistogramPlace>;
const METER_BYTES = METER.histograms + 2 * COUNT_BYTES + 3 * NS_BYTES;

/** The rows of the threads that work the lines and the uplinks, behind those of control and the guests. */
export const IO_THREAD = GUESTS_MAX + 1;
export const UPLINK_THREAD = GUESTS_MAX + 2;
/** And of those that carry shared guests, for their mail. */
export const CARRIER_THREAD = GUESTS_MAX + 3;
export const THREAD_ROWS = GUESTS_MAX + 3 + CARRIERS_MAX;

const THREADS_AT = 0;
const NETWORKS_AT = THREADS_AT + THREAD_ROWS * THREAD.size;
const PORTS_AT = NETWORKS_AT + NETWORKS_MAX * NETWORK.size;
const METERS_AT = PORTS_AT + PORTS_MAX * PORT.size;
const RINGS_AT = METERS_AT + PORTS_MAX * METER_BYTES;
const TAPS_AT = RINGS_AT + PORTS_MAX * 2 * RING.size;
/** 1 while the capture thread has been told that there is something, and has not looked. Atomic. */
export const TAP_BELL_AT = TAPS_AT;
/** Counts changes of ports, lines, networks and links, on a line of its own. Control, atomic. */
export const CHANGES_AT = TAPS_AT + 64;
const TAP_HEADS_AT = TAPS_AT + 128;
const TAP_RINGS_AT = Math.ceil((TAP_HEADS_AT + THREAD_ROWS * TAP.size) / 4096) * 4096;
export const FABRIC_BYTES = TAP_RINGS_AT + THREAD_ROWS * TAP_RING_BYTES;

export const threadAt = (thread: number): number => THREADS_AT + thread * THREAD.size;
export const networkAt = (network: number): number => NETWORKS_AT + network * NETWORK.size;
export const portAt = (port: number): number => PORTS_AT + port * PORT.size;
export const meterAt = (port: number): number => METERS_AT + port * METER_BYTES;
export const ringAt = (ring: number): number => RINGS_AT + ring * RING.size;
export const slotAt = (ring: number, slot: number): number => ringAt(ring) + RING.slots + slot * SLOT.size;
export const tapAt = (thread: number): number => TAP_HEADS_AT + thread * TAP.size;
export const tapRingAt = (thread: number): number => TAP_RINGS_AT + thread * TAP_RING_BYTES;
