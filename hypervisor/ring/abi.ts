// The numbers of docs/abi.md that host code needs. The SDKs have their own copy; a test compares them with
// the page.

export const ABI_VERSION = 1;
/** Features by name, as bits of what `NEGOTIATE` agrees on. */
export const FEATURE = { reconfigure: 1, notifyAt: 2, segment: 4, whole: 8 } as const;
export type FeatureName = keyof typeof FEATURE;
export const FEATURE_NAMES = Object.keys(FEATURE) as readonly FeatureName[];

export const EPERM = -1;
export const ENOENT = -2;
export const EIO = -5;
export const EBADF = -9;
export const EAGAIN = -11;
export const EFAULT = -14;
export const EBUSY = -16;
export const ENODEV = -19;
export const EINVAL = -22;
export const ENOSPC = -28;
export const EPROTO = -71;

/** Functions of handle 0. */
export const BUS = { negotiate: 1, boot: 2, events: 3, nextChange: 4, write: 5, clock: 6 } as const;
export const BOOT_RECORD = { lab: 1, guest: 2, argument: 3, environment: 4 } as const;

/** The event area, byte offsets. */
export const EVENT = { wake: 0, sleeping: 4, changes: 8, stop: 12, pending: 32, size: 64 } as const;

export const CHANGE = {
  added: 1,
  removed: 2,
  changed: 3,
  reconfigure: 4,
  ticket: 12,
  facts: 48,
  size: 128,
} as const;
export const CLASS_NUMBER = { venet: 1, vconsole: 2, vblk: 3, vchan: 4, vclock: 5, vrng: 6 } as const;
/** In the place of a class: a folder is none of the ABI's, since who has it open doesn't talk to it. */
export const FOLDER_NUMBER = 0;

/** A descriptor. `turn`: bit 0 is 1 while it is the host's, the rest is the sequence. */
export const DESCRIPTOR = { address: 0, length: 4, turn: 8, cookie: 12, size: 16 } as const;
/**
 * The length of a frame that is large: bytes in the low bits, above them those of one segment's payload, not
 * 0. With `segment` in a sending ring, with `whole` in a receiving one.
 */
export const LARGE = { lengthMask: 0x1ffff, segmentShift: 17, segmentMax: 0x7fff } as const;
/** A ring's signal. */
export const SIGNAL = { enabled: 0, dirty: 4, at: 8, size: 16 } as const;
/** The value of `enabled` with which a guest that took `notifyAt` waits for the position in `at`. */
export const SIGNAL_AT = 2;

/** Flags of `shm`: the ring takes the place of the one before when the guest acknowledges. */
export const SHM = { staged: 1 } as const;

/**
 * Venet: functions, ring ids, size of its facts, and how many of them there were at first; behind them, in
 * records, how a PC is shown it.
 */
export const VENET = {
  info: 1,
  acknowledge: 2,
  rx: 0,
  tx: 1,
  factsBytes: 32,
  factsBytesMin: 28,
  model: 32,
  onBridge: 1,
  own: 2,
  recordBytes: 36,
} as const;
/** Bits of the last word of its facts. */
export const VENET_FACT = { offload: 1 } as const;
/**
 * Vblk: its function, ring ids 0 to 7 (one a queue), size of its facts; behind them, in records, how a PC is
 * shown it.
 */
export const VBLK = { info: 1, factsBytes: 24, model: 24, onBridge: 1, own: 2, recordBytes: 28 } as const;
/** A request, which the descriptor of a queue names. Offsets and size. */
export const REQUEST = {
  op: 0,
  status: 4,
  offset: 8,
  length: 16,
  address: 20,
  size: 24,
} as const;
export const REQUEST_OP = { read: 0, write: 1, flush: 2, discard: 3 } as const;
export const VCONSOLE = { size: 1, in: 0, out: 1 } as const;
export const VCHAN = { info: 1, in: 0, out: 1, factsBytes: 16, datagram: 1, stream: 2 } as const;
/** Bits of what a vchan may do. */
export const VCHAN_ROLE = { send: 1, receive: 2 } as const;
export const VCLOCK = { now: 1, listen: 2, deadline: 3, period: 4, ticks: 5 } as const;
export const VRNG = { fill: 1 } as const;

/** The bridge of a PC: how it shows itself, a block of a hypercall, verbs, and a word of a sending ring. */
export const BRIDGE = {
  vendor: 0x7662,
  device: 0x0001,
  version: 1,
  magic: 0x73756276,
  blockBytes: 64,
  answer: 4,
  open: 1,
  close: 2,
  call: 3,
  shm: 4,
  waiting: 12,
} as const;
/** Of a request on the bridge: its data is in parts behind it, u32 address and u32 length each. */
export const BRIDGE_PART_BYTES = 8;
