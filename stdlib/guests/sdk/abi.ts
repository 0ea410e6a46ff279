// The numbers of docs/abi.md, as a guest needs them. Layout only: nothing here does anything.

export const ABI_VERSION: i32 = 1;

export const EPERM: i32 = -1;
export const ENOENT: i32 = -2;
export const EIO: i32 = -5;
export const EAGAIN: i32 = -11;
export const EFAULT: i32 = -14;
export const EBUSY: i32 = -16;
export const ENODEV: i32 = -19;
export const EINVAL: i32 = -22;
export const ENOSPC: i32 = -28;

/** Handle 0 and its functions. */
export const BUS: i32 = 0;
export const BUS_NEGOTIATE: i32 = 1;
export const BUS_BOOT: i32 = 2;
export const BUS_EVENTS: i32 = 3;
export const BUS_NEXT_CHANGE: i32 = 4;
export const BUS_WRITE: i32 = 5;
export const BUS_CLOCK: i32 = 6;

/** Features, as bits: what a guest and its host may agree on. */
export const FEATURE_RECONFIGURE: u64 = 1;
export const FEATURE_NOTIFY_AT: u64 = 2;
export const FEATURE_SEGMENT: u64 = 4;
export const FEATURE_WHOLE: u64 = 8;

export const BOOT_LAB: u8 = 1;
export const BOOT_GUEST: u8 = 2;
export const BOOT_ARGUMENT: u8 = 3;
export const BOOT_ENVIRONMENT: u8 = 4;

/** The event area. */
export const EVENT_BYTES: usize = 64;
export const EVENT_CHANGES: usize = 8;
export const EVENT_STOP: usize = 12;
export const EVENT_PENDING: usize = 32;
export const PRIORITIES: i32 = 8;

/** A change record. */
export const CHANGE_BYTES: i32 = 128;
export const CHANGE_ADDED: u32 = 1;
export const CHANGE_REMOVED: u32 = 2;
export const CHANGE_CHANGED: u32 = 3;
export const CHANGE_RECONFIGURE: u32 = 4;
export const CHANGE_TICKET: usize = 12;
export const CHANGE_NAME: usize = 16;
export const CHANGE_NAME_BYTES: i32 = 32;
export const CHANGE_FACTS: usize = 48;
export const CLASS_VENET: u32 = 1;
export const CLASS_VCONSOLE: u32 = 2;
export const CLASS_VBLK: u32 = 3;
export const CLASS_VCHAN: u32 = 4;
export const CLASS_VCLOCK: u32 = 5;
export const CLASS_VRNG: u32 = 6;

/** The facts of a venet, from `CHANGE_FACTS` on. */
export const FACT_MAC: usize = 0;
export const FACT_MTU: usize = 6;
export const FACT_LINK: usize = 8;
export const FACT_IP: usize = 12;
export const FACT_GATEWAY: usize = 16;
export const FACT_PREFIX: usize = 20;
export const FACT_RING: usize = 24;
export const FACT_BITS: usize = 28;
export const VENET_FACTS_BYTES: i32 = 32;
/** Bits of `FACT_BITS`: large frames are taken and given. */
export const FACT_OFFLOAD: u32 = 1;

/** The facts of a vchan: what its channel takes, what it may do, how urgent its messages are. */
export const FACT_KIND: usize = 0;
export const FACT_MESSAGE_MAX: usize = 4;
export const FACT_ROLE: usize = 8;
export const FACT_PRIORITY: usize = 12;
export const VCHAN_DATAGRAM: u32 = 1;
export const VCHAN_STREAM: u32 = 2;
export const ROLE_SEND: u32 = 1;
export const ROLE_RECEIVE: u32 = 2;

/** A descriptor, and a ring's signal. */
export const DESCRIPTOR_BYTES: i32 = 16;
export const DESCRIPTOR_ADDRESS: usize = 0;
export const DESCRIPTOR_LENGTH: usize = 4;
export const DESCRIPTOR_TURN: usize = 8;
/** The length word of a large frame: its bytes, and above them those of one segment's payload. */
export const LENGTH_MASK: u32 = 0x1ffff;
export const SEGMENT_SHIFT: u32 = 17;
export const SEGMENT_BYTES_MIN: i32 = 536;
export const LARGE_FRAME_MAX: i32 = 65_554;
export const SIGNAL_BYTES: i32 = 16;
export const SIGNAL_ENABLED: usize = 0;
export const SIGNAL_DIRTY: usize = 4;
export const SIGNAL_AT: usize = 8;
export const RING_SLOTS_MIN: i32 = 16;
export const RING_SLOTS_MAX: i32 = 1024;

/** A flag of `shm`: the ring takes the place of the one before when the guest acknowledges. */
export const SHM_STAGED: i32 = 1;
export const VENET_ACKNOWLEDGE: i32 = 2;

/** Rings of a venet and of a vconsole. */
export const RING_RX: i32 = 0;
export const RING_TX: i32 = 1;
export const RING_IN: i32 = 0;
export const RING_OUT: i32 = 1;
export const VCONSOLE_SIZE: i32 = 1;

/** Functions of a vclock and of a vrng. */
export const VCLOCK_NOW: i32 = 1;
export const VCLOCK_LISTEN: i32 = 2;
export const VCLOCK_DEADLINE: i32 = 3;
export const VCLOCK_PERIOD: i32 = 4;
export const VCLOCK_TICKS: i32 = 5;
export const VRNG_FILL: i32 = 1;
export const VRNG_BYTES_MAX: i32 = 65_536;

/** The facts of a vblk, and a request to it. */
export const VBLK_SIZE: usize = 0;
export const VBLK_SECTOR: usize = 8;
export const VBLK_READONLY: usize = 12;
export const VBLK_QUEUES: usize = 16;
export const VBLK_REQUEST_MAX: usize = 20;
export const REQUEST_BYTES: i32 = 24;
export const REQUEST_OP: usize = 0;
export const REQUEST_STATUS: usize = 4;
export const REQUEST_OFFSET: usize = 8;
export const REQUEST_LENGTH: usize = 16;
export const REQUEST_ADDRESS: usize = 20;
export const OP_READ: i32 = 0;
export const OP_WRITE: i32 = 1;
export const OP_FLUSH: i32 = 2;
export const OP_DISCARD: i32 = 3;
